-- Users of whom nothing may be kept, anywhere: so that who starts from nothing learns of it too. Ids only.
create table erased_users (
  directory_id text collate "C" not null constraint erased_users_directory_id_fkey references directories (id) on delete cascade,
  id text collate "C" not null,
  version bigint not null,
  -- directorysync.identity.v1.ErasedUser
  data bytea not null,
  -- Nothing in this database's counts and places names it any more.
  forgotten boolean not null default false,
  constraint erased_users_pkey primary key (directory_id, id)
);
create index erased_users_unforgotten on erased_users (directory_id) where not forgotten;
