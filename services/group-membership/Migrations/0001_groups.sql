-- A group's attributes. Changes of members never touch this row: they lock it for key share, and count themselves in group_slots.
create table groups (
  directory_id text collate "C" not null,
  id text collate "C" not null,
  display_name text not null,
  -- The same in lower case.
  display_name_key text collate "C" not null,
  -- The same while the directory wants names to be unique, else null: the index below is what makes them so.
  unique_name_key text collate "C",
  external_id text collate "C",
  -- Counts changes of attributes; those of members are counted in group_slots.
  version bigint not null,
  create_time timestamptz not null,
  update_time timestamptz not null,
  request_id text collate "C",
  -- The protobuf message.
  data bytea not null,
  -- What filters search: names and values in lower case unless they are caseExact.
  doc jsonb not null,
  constraint groups_pkey primary key (directory_id, id)
);
create unique index groups_unique_name_key on groups (directory_id, unique_name_key) where unique_name_key is not null;
create unique index groups_request_id_key on groups (directory_id, request_id) where request_id is not null;
create index groups_display_name on groups (directory_id, display_name_key, id);
create index groups_external_id on groups (directory_id, external_id, id) where external_id is not null;
create index groups_update_time on groups (directory_id, update_time, id);

-- The group's version is groups.version plus the sum of these; its time of last change the latest of all. Up to 32 rows,
-- so that writers who add to the same group do not queue on one.
create table group_slots (
  directory_id text collate "C" not null,
  group_id text collate "C" not null,
  slot smallint not null,
  version bigint not null,
  last_modified timestamptz not null,
  constraint group_slots_pkey primary key (directory_id, group_id, slot)
) with (fillfactor = 40);

-- Every user that identity told of, every group, and every id that was ever sent as a member. An edge is only written while the
-- row of its member is locked: that orders additions, removals, the resolution and the deletion of one member.
create table members (
  directory_id text collate "C" not null,
  id text collate "C" not null,
  -- MemberType
  type smallint not null,
  -- deleted is final.
  state text collate "C" not null,
  -- Of identity's users: the bootstrap that listed them last.
  bootstrap uuid,
  constraint members_pkey primary key (directory_id, id),
  constraint members_state_check check (state in ('unknown', 'present', 'deleted'))
) with (fillfactor = 80);

-- Who is in which group. No foreign key: writers lock the group's row themselves, once and not once per edge.
create table group_members (
  directory_id text collate "C" not null,
  group_id text collate "C" not null,
  member_id text collate "C" not null,
  type smallint not null,
  display text collate "C" not null,
  -- False while identity does not know the member: then nobody is told of the edge.
  resolved boolean not null,
  -- Drawn from membership_versions while the member's row is locked: rises over removals too.
  version bigint not null,
  create_time timestamptz not null,
  constraint group_members_pkey primary key (directory_id, group_id, member_id)
);
create index group_members_member on group_members (directory_id, member_id);
create index group_members_unresolved on group_members (directory_id, create_time desc, group_id, member_id) where not resolved;

create sequence membership_versions;

-- Number of groups per directory: the sum. Writers append, nobody queues; folded in the background.
create table group_counts (
  directory_id text collate "C" not null,
  id bigint generated always as identity,
  delta bigint not null,
  constraint group_counts_pkey primary key (directory_id, id)
);

-- Directories that identity told of and that are not closed.
create table known_directories (
  directory_id text collate "C" primary key,
  -- The bootstrap that listed it last.
  bootstrap uuid
);

-- Directories that identity is deleting or has deleted: nothing may be written to them any more.
create table closed_directories (
  directory_id text collate "C" primary key,
  close_time timestamptz not null default now(),
  -- When all that was there was last removed; null while that is under way.
  purge_time timestamptz
);

-- The protobuf encoding of directorysync.group_membership.v1.Membership, so that a write and its changes are one statement, in three parts:
-- directory and group; member and version; create_time. Lengths and numbers are varints of fixed size (their last bytes may be zero,
-- which every decoder reads): lengths are below 16,384, versions below 2^49, times before the year 3058.
create function membership_start(directory_id text, group_id text) returns bytea language plpgsql immutable strict parallel safe as $$
declare
  directory bytea := convert_to(directory_id, 'UTF8');
  member_of bytea := convert_to(group_id, 'UTF8');
begin
  return set_byte(set_byte('\x0a0000', 1, length(directory) & 127 | 128), 2, length(directory) >> 7) || directory
    || set_byte(set_byte('\x120000', 1, length(member_of) & 127 | 128), 2, length(member_of) >> 7) || member_of;
end
$$;

create function membership_message(start bytea, member_id text, type smallint, display text, version bigint, created bytea)
returns bytea language plpgsql immutable strict parallel safe as $$
declare
  id bytea := convert_to(member_id, 'UTF8');
  shown bytea := convert_to(display, 'UTF8');
  size int := 3 + length(id) + 2 + 3 + length(shown);
begin
  return start
    || set_byte(set_byte('\x1a0000', 1, size & 127 | 128), 2, size >> 7)
    || set_byte(set_byte('\x0a0000', 1, length(id) & 127 | 128), 2, length(id) >> 7) || id
    || set_byte('\x1000', 1, type)
    || set_byte(set_byte('\x1a0000', 1, length(shown) & 127 | 128), 2, length(shown) >> 7) || shown
    || set_byte(set_byte(set_byte(set_byte(set_byte(set_byte(set_byte('\x2000000000000000',
         1, (version & 127)::int | 128), 2, (version >> 7 & 127)::int | 128), 3, (version >> 14 & 127)::int | 128),
         4, (version >> 21 & 127)::int | 128), 5, (version >> 28 & 127)::int | 128), 6, (version >> 35 & 127)::int | 128),
         7, (version >> 42)::int)
    || created;
end
$$;

create function membership_created(create_time timestamptz) returns bytea language plpgsql immutable strict parallel safe as $$
declare
  microseconds bigint := (extract(epoch from create_time) * 1000000)::bigint;
  seconds bigint := microseconds / 1000000;
  nanos bigint := microseconds % 1000000 * 1000;
begin
  return set_byte(set_byte(set_byte(set_byte(set_byte('\x2a0c080000000000',
         3, (seconds & 127)::int | 128), 4, (seconds >> 7 & 127)::int | 128), 5, (seconds >> 14 & 127)::int | 128),
         6, (seconds >> 21 & 127)::int | 128), 7, (seconds >> 28)::int)
    || set_byte(set_byte(set_byte(set_byte(set_byte('\x100000000000',
         1, (nanos & 127)::int | 128), 2, (nanos >> 7 & 127)::int | 128), 3, (nanos >> 14 & 127)::int | 128),
         4, (nanos >> 21 & 127)::int | 128), 5, (nanos >> 28)::int);
end
$$;
