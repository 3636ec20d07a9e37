-- What nothing may be kept of: images in the change feed are removed in the background, then the row.
create table erased_resources (
  directory_id text collate "C" not null,
  -- Also what belongs to it: "…/id". Empty: everything of the directory.
  resource_id text collate "C" not null,
  note_time timestamptz not null default clock_timestamp(),
  constraint erased_resources_pkey primary key (directory_id, resource_id)
);
