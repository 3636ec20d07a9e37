create table scim_tokens (
  directory_id text collate "C" not null references directories (id),
  id text collate "C" not null,
  -- SHA-256 of the token, which itself is kept nowhere.
  secret_hash bytea not null constraint scim_tokens_secret_hash_key unique,
  request_id text collate "C",
  version bigint not null,
  last_use_time timestamptz,
  -- directorysync.identity.v1.ScimToken without last_use_time.
  data bytea not null,
  primary key (directory_id, id)
);
create unique index scim_tokens_request_id_key on scim_tokens (directory_id, request_id) where request_id is not null;

create table api_keys (
  id text collate "C" primary key,
  secret_hash bytea not null constraint api_keys_secret_hash_key unique,
  organization_id text collate "C"
    constraint api_keys_organization_id_fkey references organizations (id) on delete cascade,
  last_use_time timestamptz,
  -- directorysync.identity.v1.ApiKey without last_use_time.
  data bytea not null
);
create index api_keys_organization_id_idx on api_keys (organization_id);
