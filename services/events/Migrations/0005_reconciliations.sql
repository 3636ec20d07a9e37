-- The last reconciliation of each directory.
create table reconciliations (
  directory_id text collate "C" not null,
  done boolean not null,
  -- Whom somebody waits for comes first.
  asked boolean not null,
  -- Not before.
  due_time timestamptz not null default clock_timestamp(),
  -- Who runs it, and until when that counts.
  lease uuid,
  lease_time timestamptz,
  -- directorysync.events.v1.Reconciliation
  data bytea not null,
  constraint reconciliations_pkey primary key (directory_id)
);
create index reconciliations_due on reconciliations (asked desc, due_time) where not done;

-- Until when the times of the schedule are done with.
create table reconciliation_schedule (
  only_row boolean primary key default true check (only_row),
  through timestamptz not null default clock_timestamp()
);
insert into reconciliation_schedule default values;
