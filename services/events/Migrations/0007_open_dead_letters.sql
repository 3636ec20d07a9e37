-- How many dead letters wait for a person is measured all the time.
create index dead_letters_open on dead_letters (id) where replay_time is null;
