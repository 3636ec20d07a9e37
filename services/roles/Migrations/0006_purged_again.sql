-- Deleted directories are emptied a second time, for what had begun before they were closed.
alter table closed_directories add column purged_again boolean not null default false;
