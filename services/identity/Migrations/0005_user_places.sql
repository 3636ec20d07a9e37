-- How many users stand before a place in an order, so that a page far from both ends starts nearby instead of counting its way there.
create table user_places (
  directory_id text collate "C" not null references directories (id) on delete cascade,
  -- Of UserSort.
  sort smallint not null,
  -- The user behind whom the place is. Keys are those of user_counts; before the first user both are empty.
  key text collate "C" not null,
  user_id text collate "C" not null,
  -- Users behind this place, up to and with the one of the next.
  users bigint not null,
  primary key (directory_id, sort, key, user_id)
);

-- The user that a row counts, and the keys by which lists are sorted, one for each sort: those before the write and those after it. Null
-- instead of keys that stay as they are. '0' stands before a value, '1' for none. In rows that are sums, was is empty.
alter table user_counts add column user_id text collate "C", add column was text[], add column became text[];
