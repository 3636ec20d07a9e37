-- Changes of other services that could not be applied, so that their feed goes on. Tried again until they can be.
create table parked_changes (
  directory_id text collate "C" not null,
  feed text collate "C" not null,
  resource_type text collate "C" not null,
  resource_id text collate "C" not null,
  version bigint not null,
  change_id bigint not null,
  change bytea not null,
  -- What was thrown, by its name.
  reason text not null,
  park_time timestamptz not null default clock_timestamp(),
  try_time timestamptz not null default clock_timestamp(),
  constraint parked_changes_pkey primary key (directory_id, feed, resource_type, resource_id, version)
);
