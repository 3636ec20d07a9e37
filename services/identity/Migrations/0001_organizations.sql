-- The vendor's customers.
create table organizations (
  id text collate "C" primary key,
  -- The name in lower case (lowered by the service), for searches.
  name_key text collate "C" not null,
  external_id text collate "C" constraint organizations_external_id_key unique,
  request_id text collate "C" constraint organizations_request_id_key unique,
  version bigint not null,
  -- directorysync.identity.v1.Organization
  data bytea not null
);

-- The domains of data, for lookups and for the policies.
create table organization_domains (
  organization_id text collate "C" not null references organizations (id) on delete cascade,
  domain text collate "C" not null,
  primary key (organization_id, domain)
);
create index organization_domains_domain_idx on organization_domains (domain, organization_id);
