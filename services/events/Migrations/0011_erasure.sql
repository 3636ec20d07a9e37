-- Whom an event is about.
alter table events add column user_id text collate "C";
create index events_user_id on events (directory_id, user_id) where user_id is not null;

-- Which event an attempt was about.
alter table delivery_attempts add column event_id text collate "C";
create index delivery_attempts_event_id on delivery_attempts (directory_id, event_id);

-- Users, and whole directories, of which events and attempts are still to be emptied.
create table erasures (
  directory_id text collate "C" not null,
  -- Empty: the whole directory.
  user_id text collate "C" not null,
  request_time timestamptz not null default clock_timestamp(),
  -- Not before; and once more, for what was under way the first time.
  due_time timestamptz not null default clock_timestamp(),
  rounds smallint not null default 0,
  -- The last event that was looked at.
  sequence bigint not null default 0,
  constraint erasures_pkey primary key (directory_id, user_id)
);
create index erasures_due_time on erasures (due_time);

-- Deleted directories are emptied a second time, for what had begun before they were closed.
alter table directories add column purged_again boolean not null default false;
drop index directories_purge;
create index directories_purge on directories (directory_id) where ended and not purged_again;
