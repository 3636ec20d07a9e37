-- Deleted directories are emptied a second time, for what had begun before they were closed.
alter table directory_mappings add column purged_again boolean not null default false;
drop index directory_mappings_to_purge;
create index directory_mappings_to_purge on directory_mappings (directory_id) where closed and not purged_again;
