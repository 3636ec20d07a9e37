-- Problems of directories that somebody was told of and that have not ended.
create table directory_alerts (
  directory_id text collate "C" not null constraint directory_alerts_directory_id_fkey references directories (id) on delete cascade,
  -- "code", or "code/token".
  id text collate "C" not null,
  -- Milliseconds since 1970: rises from one occasion to the next.
  version bigint not null,
  -- directorysync.identity.v1.DirectoryAlert
  data bytea not null,
  constraint directory_alerts_pkey primary key (directory_id, id)
);
