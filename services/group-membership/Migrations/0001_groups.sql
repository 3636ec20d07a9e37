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
  id bigint generated always as identity primary key,
  directory_id text collate "C" not null,
  delta bigint not null
);
create index group_counts_directory_id on group_counts (directory_id);

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

-- The protobuf encoding of directorysync.group_membership.v1.Membership, so that a write and its changes are one statement.
create function varint(n bigint) returns bytea language plpgsql immutable strict parallel safe as $$
declare
  encoded bytea;
begin
  if n < 128 then
    return set_byte('\x00', 0, n::int);
  elsif n < 16384 then
    return set_byte(set_byte('\x0000', 0, (n & 127)::int | 128), 1, (n >> 7)::int);
  end if;
  encoded := ''::bytea;
  while n > 127 loop
    encoded := encoded || set_byte('\x00', 0, (n & 127)::int | 128);
    n := n >> 7;
  end loop;
  return encoded || set_byte('\x00', 0, n::int);
end
$$;

create function membership_message(
  directory_id text, group_id text, member_id text, type smallint, display text, version bigint, create_time timestamptz)
returns bytea language plpgsql immutable strict parallel safe as $$
declare
  directory_bytes bytea := convert_to(directory_id, 'UTF8');
  group_bytes bytea := convert_to(group_id, 'UTF8');
  member_bytes bytea := convert_to(member_id, 'UTF8');
  display_bytes bytea := convert_to(display, 'UTF8');
  microseconds bigint := (extract(epoch from create_time) * 1000000)::bigint;
  member bytea;
  created bytea;
begin
  member := '\x0a' || varint(length(member_bytes)) || member_bytes || '\x10' || varint(type);
  if display <> '' then
    member := member || '\x1a' || varint(length(display_bytes)) || display_bytes;
  end if;
  created := '\x08' || varint(microseconds / 1000000) || '\x10' || varint(microseconds % 1000000 * 1000);
  return '\x0a' || varint(length(directory_bytes)) || directory_bytes
    || '\x12' || varint(length(group_bytes)) || group_bytes
    || '\x1a' || varint(length(member)) || member
    || '\x20' || varint(version)
    || '\x2a' || varint(length(created)) || created;
end
$$;
