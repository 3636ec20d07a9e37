-- Links by which IT admins of customers come to the setup portal.
create table portal_links (
  id text collate "C" primary key,
  organization_id text collate "C" not null
    constraint portal_links_organization_id_fkey references organizations (id) on delete cascade,
  directory_id text collate "C" constraint portal_links_directory_id_fkey references directories (id) on delete cascade,
  -- SHA-256 of the secret, which itself is kept nowhere.
  secret_hash bytea not null,
  expire_time timestamptz not null,
  -- Of the request that opened it: a retry of that is answered again.
  open_request_id text collate "C",
  -- directorysync.identity.v1.PortalLink
  data bytea not null
);
create index portal_links_organization_id_idx on portal_links (organization_id);
create index portal_links_directory_id_idx on portal_links (directory_id);
create index portal_links_expire_time_idx on portal_links (expire_time);
