-- E-mails that tell users of the application. A user's row is that of the last period in which it was active.
create table invitations (
  directory_id text collate "C" not null,
  user_id text collate "C" not null,
  -- UUIDv7: one for each message; its Message-ID is made of it.
  id text collate "C" not null,
  -- directorysync.events.v1.InvitationState
  state smallint not null,
  attempts int not null default 0,
  create_time timestamptz not null,
  send_time timestamptz,
  next_time timestamptz not null default clock_timestamp(),
  last_error text not null default '',
  -- Who is sending, and until when that counts.
  lease uuid,
  lease_time timestamptz,
  constraint invitations_pkey primary key (directory_id, user_id)
);
create index invitations_pending on invitations (directory_id, next_time) where state = 1;
create index invitations_sending on invitations (lease_time) where state = 2;
create index invitations_id on invitations (directory_id, id);

-- When the next invitation may be sent, whichever replica sends it.
create table invitation_pace (
  only_row boolean primary key default true check (only_row),
  next_time timestamptz not null default to_timestamp(0)
);
insert into invitation_pace default values;

-- What invitations say, if a person has changed it: directorysync.events.v1.InvitationTemplate
create table invitation_templates (
  only_row boolean primary key default true check (only_row),
  data bytea not null
);

-- What applications shall see is active and has an e-mail address. Users that were written before are taken to be so until they change.
alter table directory_users add column reachable boolean not null default true;
