-- What identity providers asked and were answered in the last seven days. A partition holds a day; old ones are dropped whole.
create table scim_requests (
  directory_id text collate "C" not null,
  -- UUIDv7 of the time below: the order of the list.
  id text collate "C" not null,
  create_time timestamptz not null,
  method text collate "C" not null,
  status int not null,
  path text collate "C" not null,
  -- directorysync.identity.v1.ScimRequest
  data bytea not null,
  constraint scim_requests_pkey primary key (directory_id, id, create_time)
) partition by range (create_time);
-- What people look for.
create index scim_requests_refused on scim_requests (directory_id, id) where status >= 400;

-- Makes the partitions that requests need from one time to another.
create function ensure_request_partitions(first timestamptz, last timestamptz) returns void language plpgsql as $$
declare
  day bigint := 24 * 60 * 60;
  number bigint;
  name text;
begin
  for number in floor(extract(epoch from first) / day)::bigint .. floor(extract(epoch from last) / day)::bigint loop
    name := 'scim_requests_day_' || number;
    if to_regclass(name) is null then
      perform pg_advisory_xact_lock(hashtextextended('request partitions', 0));
      if to_regclass(name) is null then
        execute format('create table %I (like scim_requests including defaults including constraints)', name);
        execute format(
          'alter table scim_requests attach partition %I for values from (%L) to (%L)',
          name, to_timestamp(number * day), to_timestamp((number + 1) * day));
      end if;
    end if;
  end loop;
end $$;

-- Drops the partitions in which everything is older than a time, and says how many. It does not wait for long: who reads goes first.
create function drop_request_partitions(before timestamptz) returns int language plpgsql as $$
declare
  day bigint := 24 * 60 * 60;
  dropped int := 0;
  name text;
begin
  perform set_config('lock_timeout', '2s', true);
  perform pg_advisory_xact_lock(hashtextextended('request partitions', 0));
  for name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'scim_requests'::regclass and to_timestamp((substr(c.relname, 19)::bigint + 1) * day) <= before
  loop
    execute format('drop table %I', name);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;

-- When a user was erased: what comes late of the time before is logged without bodies.
alter table erased_users add column erase_time timestamptz;
create index erased_users_erase_time on erased_users (directory_id, erase_time) where erase_time is not null;

-- Users whose traces are still to be taken out of the log, and the words by which they are found. Gone once that is done.
create table request_erasures (
  directory_id text collate "C" not null constraint request_erasures_directory_id_fkey references directories (id) on delete cascade,
  user_id text collate "C" not null,
  words text[] not null,
  constraint request_erasures_pkey primary key (directory_id, user_id)
);
