-- What a service under test owns.
create table things (
  directory_id text collate "C" not null,
  id text collate "C" not null,
  version bigint not null,
  deleted boolean not null default false,
  primary key (directory_id, id)
);

-- What a consumer under test made of another service's changes. A change applied twice violates the primary key.
create table applications (
  directory_id text collate "C" not null,
  change_id bigint not null,
  seq bigint generated always as identity,
  id text collate "C" not null,
  version bigint not null,
  primary key (directory_id, change_id)
);

-- The consumer's own image of the things.
create table images (
  directory_id text collate "C" not null,
  id text collate "C" not null,
  version bigint not null,
  bootstrap uuid,
  primary key (directory_id, id)
);
