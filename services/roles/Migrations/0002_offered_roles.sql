-- What SCIM's filters and orders look at. Each start of the service sets them in rows that a version before this one wrote.
alter table roles
  add column entitlement boolean,
  -- In lower case.
  add column name_key text collate "C",
  -- In lower case.
  add column description_key text collate "C",
  add column version bigint,
  add column create_time timestamptz,
  add column update_time timestamptz;
