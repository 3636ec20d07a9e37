-- What somebody should hear of: the last occasion of each kind.
create table alerts (
  directory_id text collate "C" not null,
  code text collate "C" not null,
  -- Token or endpoint; empty: the directory itself.
  resource_id text collate "C" not null,
  -- UUIDv7: one for each occasion; the Message-ID is made of it.
  id text collate "C" not null,
  detail text not null,
  remedy text not null,
  start_time timestamptz not null,
  end_time timestamptz,
  -- As events.
  start_told boolean not null default false,
  end_told boolean not null default false,
  -- By e-mail: null once it was sent, or is too old to be.
  mail_due_time timestamptz default clock_timestamp(),
  mail_time timestamptz,
  mail_attempts int not null default 0,
  -- Of a bootstrap of identity that listed it.
  bootstrap uuid,
  constraint alerts_pkey primary key (directory_id, code, resource_id)
);
create index alerts_id on alerts (id);
create index alerts_untold on alerts (directory_id) where (not start_told and end_time is null) or (start_told and end_time is not null and not end_told);
create index alerts_mail on alerts (mail_due_time) where mail_due_time is not null;
create index alerts_open on alerts (code) where end_time is null;

create index webhook_lanes_failing on webhook_lanes (failing_since) where failing_since is not null;
-- Refused by the endpoint, not skipped by a person.
alter table dead_letters add column refused boolean not null default true;
create index dead_letters_refused on dead_letters (endpoint_id, directory_id) where refused and replay_time is null;

-- Identity tells of its alerts, and of users who are erased, once more.
delete from feed_positions where feed = 'identity';
