-- Every write of a user appends a count. The key would lock the directory's row each time; writers stand in the directory's queue anyway,
-- and the removal of a directory deletes these rows itself.
alter table user_counts drop constraint user_counts_directory_id_fkey;
alter table user_places drop constraint user_places_directory_id_fkey;
