create table directories (
  id text collate "C" primary key,
  organization_id text collate "C" not null
    constraint directories_organization_id_fkey references organizations (id),
  name_key text collate "C" not null,
  -- Of directorysync.identity.v1.DirectoryState.
  state smallint not null,
  -- What a disabled directory was before.
  resume_state smallint,
  -- Since when a directory that was disabled works again: the provider has to push its groups anew.
  enabled_time timestamptz,
  request_id text collate "C" constraint directories_request_id_key unique,
  version bigint not null,
  -- directorysync.identity.v1.Directory without connection and user_counts.
  data bytea not null
);
create index directories_organization_id_idx on directories (organization_id, id);
-- What the background removal looks for.
create index directories_deleting_idx on directories (id) where state = 5;

-- Every key and label that ever led to a directory, in lower case. Rows outlive their directory: an address is never given away twice.
create table directory_endpoints (
  endpoint text collate "C" constraint directory_endpoints_endpoint_key primary key,
  directory_id text collate "C" not null
);
create index directory_endpoints_directory_id_idx on directory_endpoints (directory_id);

-- What was seen of the identity provider. Apart from the directory, so that a contact is not a change.
create table directory_contacts (
  directory_id text collate "C" primary key references directories (id) on delete cascade,
  first_contact_time timestamptz,
  last_contact_time timestamptz,
  last_failure_time timestamptz
);
