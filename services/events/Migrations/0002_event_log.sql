-- The end of the log. Whoever appends holds the row: events become visible in the order of their positions.
create table event_log (
  only_row boolean primary key default true check (only_row),
  position bigint not null default 0,
  tell_time timestamptz not null default to_timestamp(0)
);
insert into event_log default values;

-- The log. A partition holds a week; old ones are dropped whole.
create table events (
  directory_id text collate "C" not null,
  sequence bigint not null,
  -- To the millisecond, which is also the time within the id; never falls.
  create_time timestamptz not null,
  position bigint not null,
  id text collate "C" not null,
  type text collate "C" not null,
  organization_id text collate "C" not null,
  -- directorysync.events.v1.Event
  data bytea not null,
  constraint events_pkey primary key (directory_id, sequence, create_time)
) partition by range (create_time);
create index events_position on events (position);
create index events_create_time on events (create_time, position);
create index events_organization on events (organization_id, position);
create index events_type on events (type, position);

-- Makes the partitions that events need from one time to another.
create function ensure_event_partitions(first timestamptz, last timestamptz) returns void language plpgsql as $$
declare
  week bigint := 7 * 24 * 60 * 60;
  number bigint;
  name text;
begin
  for number in floor(extract(epoch from first) / week)::bigint .. floor(extract(epoch from last) / week)::bigint loop
    name := 'events_week_' || number;
    if to_regclass(name) is null then
      perform pg_advisory_xact_lock(hashtextextended('event partitions', 0));
      if to_regclass(name) is null then
        execute format('create table %I (like events including defaults including constraints)', name);
        execute format(
          'alter table events attach partition %I for values from (%L) to (%L)',
          name, to_timestamp(number * week), to_timestamp((number + 1) * week));
      end if;
    end if;
  end loop;
end $$;

-- Drops the partitions in which everything is older than a time, and says how many.
create function drop_event_partitions(before timestamptz) returns int language plpgsql as $$
declare
  week bigint := 7 * 24 * 60 * 60;
  dropped int := 0;
  name text;
begin
  perform pg_advisory_xact_lock(hashtextextended('event partitions', 0));
  for name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'events'::regclass and to_timestamp((substr(c.relname, 13)::bigint + 1) * week) <= before
  loop
    execute format('drop table %I', name);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;
