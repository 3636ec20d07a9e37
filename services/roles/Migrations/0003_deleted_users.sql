-- Users that are gone: with which version, so that who demands that version is told that they have no role.
create table deleted_users (
  directory_id text collate "C" not null,
  id text collate "C" not null,
  user_version bigint not null,
  -- Of the last directorysync.roles.v1.UserRoles.
  version bigint not null,
  constraint deleted_users_pkey primary key (directory_id, id)
);
