-- directorysync.identity.v1.Provider of the directory, in whose words remedies are given. 0: not known yet.
alter table directory_mappings add column provider int not null default 0;

-- Identity tells of all directories once more.
delete from feed_positions where feed = 'identity';
