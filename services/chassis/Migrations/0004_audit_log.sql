-- Administrative acts, each written in the act's own transaction. Nothing updates or deletes an entry.
create table audit_log (
  -- UUIDv7: by time.
  id text collate "C" primary key,
  organization_id text collate "C" not null,
  directory_id text collate "C" not null,
  actor_id text collate "C" not null,
  action text collate "C" not null,
  resource_id text collate "C" not null,
  create_time timestamptz not null,
  data bytea not null
);
create index audit_log_organization_id_id on audit_log (organization_id, id);
create index audit_log_directory_id_id on audit_log (directory_id, id);
