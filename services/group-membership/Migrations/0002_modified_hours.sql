-- When members of groups came or went last, by the hour: an index on the time itself would be written with every member, one on the hour is
-- written when the hour changes.
create function hour_of(t timestamptz) returns int language sql immutable strict parallel safe as $$
  select (floor(date_part('epoch', t) / 3600))::int
$$;

alter table group_slots add column modified_hour int generated always as (hour_of(last_modified)) stored;
create index group_slots_modified_hour on group_slots (directory_id, modified_hour, group_id);
