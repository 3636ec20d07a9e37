-- Of a user: whether it is inactive, and the version with which it became so last.
alter table members
  add column inactive boolean not null default false,
  add column deactivated_version bigint not null default 0;

-- The user was deactivated after the edge was named last; and the user's deactivated_version, which every edge of the user has.
alter table group_members
  add column carried_over boolean not null default false,
  add column member_version bigint not null default 0;
create index group_members_carried_over on group_members (directory_id, member_id, group_id) where carried_over;

-- The part of a Membership behind its create_time; the version as in membership_message.
create function membership_end(carried_over boolean, member_version bigint) returns bytea language plpgsql immutable strict parallel safe as $$
begin
  return case when carried_over then '\x3001'::bytea else ''::bytea end || case when member_version = 0 then ''::bytea else
    set_byte(set_byte(set_byte(set_byte(set_byte(set_byte(set_byte('\x3800000000000000',
      1, (member_version & 127)::int | 128), 2, (member_version >> 7 & 127)::int | 128), 3, (member_version >> 14 & 127)::int | 128),
      4, (member_version >> 21 & 127)::int | 128), 5, (member_version >> 28 & 127)::int | 128), 6, (member_version >> 35 & 127)::int | 128),
      7, (member_version >> 42)::int) end;
end
$$;
