-- The roles of the environment.
create table roles (
  slug text collate "C" primary key,
  priority int not null,
  assignable boolean not null,
  request_id text collate "C" constraint roles_request_id_key unique,
  -- The protobuf message.
  data bytea not null
);

-- Whose guard of protected roles is on.
create table role_guards (
  organization_id text collate "C" primary key
);

-- Directories that exist, as identity told.
create table directories (
  directory_id text collate "C" primary key,
  organization_id text collate "C" not null,
  -- The bootstrap that listed it last.
  bootstrap uuid
);
create index directories_organization on directories (organization_id);

-- Directories that are deleted. Nothing is written there any more; what is there is removed in the background.
create table closed_directories (
  directory_id text collate "C" primary key,
  close_time timestamptz not null default now(),
  purge_time timestamptz
);

-- The rules of each directory that has some. They change as a whole.
create table role_rules (
  directory_id text collate "C" not null,
  version bigint not null,
  -- The protobuf message.
  data bytea not null,
  constraint role_rules_pkey primary key (directory_id)
);

-- Which roles rules name: such a role cannot be deleted.
create table rule_roles (
  directory_id text collate "C" not null,
  role text collate "C" not null,
  constraint rule_roles_pkey primary key (directory_id, role),
  constraint rule_roles_role_fkey foreign key (role) references roles (slug)
);
create index rule_roles_role on rule_roles (role);

-- Groups, as group-membership told.
create table groups (
  directory_id text collate "C" not null,
  id text collate "C" not null,
  display_name text not null,
  -- The same in lower case.
  name_key text collate "C" not null,
  version bigint not null,
  bootstrap uuid,
  constraint groups_pkey primary key (directory_id, id)
);
create index groups_name_key on groups (directory_id, name_key);

-- Who is in which group, as group-membership told; also of users and groups that have not arrived yet.
create table memberships (
  directory_id text collate "C" not null,
  user_id text collate "C" not null,
  group_id text collate "C" not null,
  version bigint not null,
  bootstrap uuid,
  constraint memberships_pkey primary key (directory_id, user_id, group_id)
);
create index memberships_group on memberships (directory_id, group_id, user_id);

-- Users, as attribute-mapping told, and what follows for each. Written under the directory's advisory lock only, which is taken before
-- what the decision looks at is read.
create table users (
  directory_id text collate "C" not null,
  id text collate "C" not null,
  profile_version bigint not null,
  -- directorysync.attribute_mapping.v1.Profile
  profile bytea not null,
  bootstrap uuid,
  -- directorysync.roles.v1.UserRoles as told last; null: nothing was told yet.
  data bytea,
  constraint users_pkey primary key (directory_id, id)
) with (fillfactor = 80);

-- The same by role: who has it.
create table role_users (
  directory_id text collate "C" not null,
  role text collate "C" not null,
  user_id text collate "C" not null,
  -- Only by the guard.
  kept boolean not null,
  since timestamptz not null default now(),
  constraint role_users_pkey primary key (directory_id, role, user_id)
);
create index role_users_kept on role_users (directory_id, role, user_id) where kept;

-- Versions of users' roles. Drawn under the directory's lock: each user's rise, over deletions too.
create sequence user_roles_versions;

-- The work of bringing all users of a directory up to its rules; batches commit one by one, and each moves after_user_id.
create table recomputations (
  directory_id text collate "C" not null,
  after_user_id text collate "C" not null,
  -- Counted when the work begins.
  total bigint,
  done bigint not null,
  changed bigint not null,
  rules_version bigint not null,
  request_time timestamptz not null,
  start_time timestamptz,
  finish_time timestamptz,
  constraint recomputations_pkey primary key (directory_id)
);
create index recomputations_unfinished on recomputations (directory_id) where finish_time is null;
