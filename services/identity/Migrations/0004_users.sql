create table users (
  directory_id text collate "C" not null constraint users_directory_id_fkey references directories (id),
  id text collate "C" not null,
  -- Keys are lower-cased by the service, unless the attribute compares by case.
  user_name_key text collate "C" not null,
  external_id text collate "C",
  display_name_key text collate "C",
  active boolean not null,
  version bigint not null,
  create_time timestamptz not null,
  update_time timestamptz not null,
  -- Of the request that created it: a retry answers this user.
  request_id text collate "C",
  -- directorysync.identity.v1.User
  data bytea not null,
  -- What filters search that have no column.
  doc jsonb not null,
  constraint users_pkey primary key (directory_id, id)
);
-- First of all indexes that can be violated: a taken name is found before anything else is written.
create unique index users_user_name_key on users (directory_id, user_name_key);
create unique index users_request_id_key on users (directory_id, request_id) where request_id is not null;
create index users_external_id_idx on users (directory_id, external_id, id);
create index users_display_name_idx on users (directory_id, display_name_key, id);
create index users_active_idx on users (directory_id, active, id);
create index users_create_time_idx on users (directory_id, create_time, id);
create index users_update_time_idx on users (directory_id, update_time, id);

create table user_emails (
  directory_id text collate "C" not null,
  -- In lower case.
  value_key text collate "C" not null,
  user_id text collate "C" not null,
  -- Whether the user is.
  active boolean not null,
  primary key (directory_id, value_key, user_id),
  constraint user_emails_user_id_fkey foreign key (directory_id, user_id) references users (directory_id, id) on delete cascade
);
create index user_emails_user_id_idx on user_emails (directory_id, user_id);

-- How many users a directory has is the sum of its rows: writers append, nobody queues on a row, and the rows are folded in the background.
create table user_counts (
  directory_id text collate "C" not null references directories (id) on delete cascade,
  id bigint generated always as identity,
  active bigint not null,
  inactive bigint not null,
  primary key (directory_id, id)
);

-- What a person should look at, found at the last write of the user.
create table user_problems (
  directory_id text collate "C" not null,
  user_id text collate "C" not null,
  -- Of directorysync.identity.v1.Problem.
  code text collate "C" not null,
  attribute text collate "C" not null,
  detail text not null,
  remedy text not null,
  since timestamptz not null,
  primary key (directory_id, user_id, code, attribute),
  constraint user_problems_user_id_fkey foreign key (directory_id, user_id) references users (directory_id, id) on delete cascade
);
create index user_problems_since_idx on user_problems (directory_id, since desc);
