-- Organizations, as identity tells of them: their domains are a part of dsync.activated.
create table organizations (
  id text collate "C" primary key,
  version bigint not null,
  -- directorysync.identity.v1.Organization
  data bytea not null,
  bootstrap uuid
);

-- Directories, as identity tells of them.
create table directories (
  directory_id text collate "C" primary key,
  organization_id text collate "C" not null,
  version bigint not null,
  -- directorysync.identity.v1.Directory
  data bytea not null,
  -- Applications are told what happens.
  telling boolean not null,
  -- It is deleted: nothing is written any more; what is there is removed once its end is told.
  closed boolean not null default false,
  -- dsync.activated is told.
  activated boolean not null default false,
  -- The end is told, if there was anybody to tell.
  ended boolean not null default false,
  purge_time timestamptz,
  -- Number of the last event.
  sequence bigint not null default 0,
  -- Users behind this id have to be looked at anew, because policies changed.
  renew_after text collate "C",
  bootstrap uuid
);
create index directories_renew on directories (directory_id) where renew_after is not null;
create index directories_purge on directories (directory_id) where ended and purge_time is null;

-- Directories in which something may have to be told, the longest waiting first.
create table pending_directories (
  directory_id text collate "C" not null,
  since timestamptz not null default clock_timestamp(),
  constraint pending_directories_pkey primary key (directory_id)
);
create index pending_directories_since on pending_directories (since);

-- Users: what each service says of them, what follows from it (current), and what applications have been told (told).
create table directory_users (
  directory_id text collate "C" not null,
  id text collate "C" not null,
  -- directorysync.identity.v1.User, its times only
  user_version bigint,
  user_data bytea,
  user_bootstrap uuid,
  -- directorysync.attribute_mapping.v1.Profile
  profile_version bigint,
  profile_data bytea,
  profile_bootstrap uuid,
  -- directorysync.roles.v1.UserRoles
  roles_version bigint,
  roles_data bytea,
  roles_bootstrap uuid,
  -- directorysync.events.v1.DirectoryUser; null: applications shall not see it
  current bytea,
  -- Applications shall see it in its groups.
  in_groups boolean not null default false,
  -- The same, as applications know it.
  told bytea,
  -- What lists are filtered by, of told.
  told_idp_id text collate "C",
  told_email_key text collate "C",
  -- It was told before, and went.
  was_told boolean not null default false,
  constraint directory_users_pkey primary key (directory_id, id)
) with (fillfactor = 80);
create index directory_users_untold on directory_users (directory_id, (current is null), id) where current is distinct from told;
create index directory_users_id on directory_users (id) where told is not null;
create index directory_users_told on directory_users (directory_id, id) where told is not null;
create index directory_users_idp_id on directory_users (directory_id, told_idp_id, id) where told is not null;
create index directory_users_email on directory_users (directory_id, told_email_key, id) where told is not null;

-- Groups.
create table directory_groups (
  directory_id text collate "C" not null,
  id text collate "C" not null,
  version bigint not null,
  bootstrap uuid,
  -- directorysync.events.v1.DirectoryGroup; null: it is deleted
  current bytea,
  -- The same, as applications know it.
  told bytea,
  constraint directory_groups_pkey primary key (directory_id, id)
);
create index directory_groups_untold on directory_groups (directory_id, (current is null), id) where current is distinct from told;
create index directory_groups_id on directory_groups (id) where told is not null;
create index directory_groups_told on directory_groups (directory_id, id) where told is not null;

-- Who is in which group; also of users and groups that have not arrived yet.
create table memberships (
  directory_id text collate "C" not null,
  user_id text collate "C" not null,
  group_id text collate "C" not null,
  version bigint not null,
  -- group-membership has it.
  present boolean not null,
  carried_over boolean not null,
  bootstrap uuid,
  -- Applications shall see it: both ends are there, and the policies do not forbid it.
  current boolean not null,
  told boolean not null default false,
  constraint memberships_pkey primary key (directory_id, user_id, group_id)
) with (fillfactor = 90);
create index memberships_group on memberships (directory_id, group_id, user_id);
create index memberships_untold on memberships (directory_id, told, user_id, group_id) where current <> told;
