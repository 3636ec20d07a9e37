-- Attributes that the vendor's application reads: its own, and the well-known ones that were changed.
create table definitions (
  -- The name in lower case.
  name_key text collate "C" constraint definitions_name_key primary key,
  version bigint not null,
  -- directorysync.attribute_mapping.v1.Definition
  data bytea not null
);

-- One row. Counts changes of definitions; whoever maps users holds it for share, so that a change waits for what was begun before it.
create table definition_versions (
  only_row boolean primary key default true check (only_row),
  version bigint not null
);
insert into definition_versions (version) values (0);

-- Directories that identity told of. Whoever maps users holds the row for share.
create table directory_mappings (
  directory_id text collate "C" primary key,
  -- Of the current mapping; 0: all automatic.
  mapping_version bigint not null default 0,
  -- Identity is deleting or has deleted it: nothing is written there any more.
  closed boolean not null default false,
  -- When all that was there was removed.
  purge_time timestamptz,
  -- The bootstrap that listed it last.
  bootstrap uuid
);
create index directory_mappings_to_purge on directory_mappings (directory_id) where closed and purge_time is null;

create table mapping_versions (
  directory_id text collate "C" not null,
  version bigint not null,
  -- directorysync.attribute_mapping.v1.DirectoryMapping
  data bytea not null,
  primary key (directory_id, version)
);

-- How far a directory's profiles follow its mapping and the definitions.
create table recomputations (
  directory_id text collate "C" primary key,
  definition_version bigint not null,
  mapping_version bigint not null,
  -- The last user that was looked at; null once all were.
  position text collate "C",
  done bigint not null default 0,
  total bigint not null default 0,
  changed bigint not null default 0,
  problems bigint not null default 0,
  start_time timestamptz,
  finish_time timestamptz
);

create sequence profile_versions;

create table profiles (
  directory_id text collate "C" not null,
  user_id text collate "C" not null,
  user_version bigint not null,
  -- Drawn from profile_versions while the row is locked: rises over deletions too.
  version bigint not null,
  -- The bootstrap that listed the user last.
  bootstrap uuid,
  -- directorysync.identity.v1.User, from which the profile can be made anew.
  user_data bytea not null,
  -- directorysync.attribute_mapping.v1.Profile
  data bytea not null,
  primary key (directory_id, user_id)
);

create table profile_problems (
  directory_id text collate "C" not null,
  user_id text collate "C" not null,
  attribute text collate "C" not null,
  code text collate "C" not null,
  path text not null,
  value text not null,
  detail text not null,
  remedy text not null,
  since timestamptz not null,
  primary key (directory_id, user_id, attribute, code)
);
create index profile_problems_since on profile_problems (directory_id, since desc, user_id, attribute, code);
create index profile_problems_attribute on profile_problems (directory_id, attribute, code);

-- Every attribute that ever arrived. No value is kept, only who has one: a sample ends with its user.
create table inventory (
  directory_id text collate "C" not null,
  namespace text collate "C" not null,
  name text collate "C" not null,
  user_count bigint not null,
  sample_user_ids text[] collate "C" not null,
  first_seen_time timestamptz not null,
  last_seen_time timestamptz not null,
  primary key (directory_id, namespace, name)
);
