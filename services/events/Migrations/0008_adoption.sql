-- Users that the application had before, as it uploaded them.
create table adopted_users (
  directory_id text collate "C" not null,
  email_key text collate "C" not null,
  application_id text collate "C" not null,
  -- The user that it is; found by the address, and kept whatever becomes of that.
  user_id text collate "C",
  -- directorysync.events.v1.AdoptedUser
  data bytea not null,
  upload uuid not null,
  constraint adopted_users_pkey primary key (directory_id, email_key)
);
create index adopted_users_user on adopted_users (directory_id, user_id) where user_id is not null;

-- There are some: whoever tells of a new user looks for it among them.
alter table directories add column adopting boolean not null default false;
