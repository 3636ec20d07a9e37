-- What the inventory counts of the user, as a hash: a change that leaves it alone need not look at what the user was before.
alter table profiles add column shape bytea;
