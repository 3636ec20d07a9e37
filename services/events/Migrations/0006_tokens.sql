-- Tokens with which identity providers authenticate, as identity tells of them: applications are told when one is created and when it is revoked.
create table directory_tokens (
  directory_id text collate "C" not null,
  id text collate "C" not null,
  version bigint not null,
  -- directorysync.identity.v1.ScimToken
  data bytea not null,
  bootstrap uuid,
  -- It is revoked, or identity has it no more.
  revoked boolean not null,
  -- Applications know that it is there; that it is revoked.
  told boolean not null default false,
  told_revoked boolean not null default false,
  constraint directory_tokens_pkey primary key (directory_id, id)
);
create index directory_tokens_untold on directory_tokens (directory_id, id) where (not told and not revoked) or (told and revoked and not told_revoked);
