-- Keys of ASP.NET Data Protection. Old ones are kept: what they protected must stay readable.
create table data_protection_keys (
  name text collate "C" primary key,
  xml text not null,
  create_time timestamptz not null default clock_timestamp()
);
