-- The change feed (design: a write and its change are one transaction).
create table changes (
  -- Drawn while the changed row's lock is held, so that a resource's changes have rising ids.
  id bigint generated always as identity primary key,
  -- The writing transaction. Readers compare it with snapshots; commit order and id order differ.
  xid xid8 not null default pg_current_xact_id(),
  directory_id text collate "C" not null,
  -- Full name of the protobuf message in resource.
  resource_type text collate "C" not null,
  resource_id text collate "C" not null,
  version bigint not null,
  deleted boolean not null default false,
  resource bytea not null,
  traceparent text,
  create_time timestamptz not null default clock_timestamp()
);
create index changes_xid_id on changes (xid, id);

-- One row: which history the changes belong to.
create table feed (
  only_row boolean primary key default true check (only_row),
  epoch uuid not null,
  -- The cluster, database and table that the changes were written to: a restored dump is recognized by them.
  system_identifier bigint not null,
  database_oid oid not null,
  changes_oid oid not null,
  -- Changes of transactions before this one may be pruned.
  pruned_before xid8 not null
);

-- Who reads this service's changes, and how far each has come.
create table feed_consumers (
  name text collate "C" primary key,
  resume_token bytea not null,
  -- No change visible here is needed any more.
  applied pg_snapshot not null,
  seen_time timestamptz not null default now()
);

-- How far this service has come in other services' feeds. The row is lock, fence and position in one.
create table feed_positions (
  feed text collate "C" primary key,
  resume_token bytea not null,
  -- False until a bootstrap has listed everything and caught up: then nothing may be told.
  complete boolean not null default false,
  -- Names a bootstrap whose listing is under way. Rows that were listed carry it.
  bootstrap uuid,
  update_time timestamptz not null default now()
);
