-- The parts of a Membership that a write encodes for each edge, as expressions that PostgreSQL writes into the statement: a call of a
-- function takes longer than what is done in it. Encoded as before.
create function seven_bytes(number bigint) returns bytea language sql immutable parallel safe as $$
  select set_byte(set_byte(set_byte(set_byte(set_byte(set_byte(set_byte('\x00000000000000'::bytea,
    0, (number & 127)::int | 128), 1, (number >> 7 & 127)::int | 128), 2, (number >> 14 & 127)::int | 128),
    3, (number >> 21 & 127)::int | 128), 4, (number >> 28 & 127)::int | 128), 5, (number >> 35 & 127)::int | 128),
    6, (number >> 42)::int)
$$;

create or replace function membership_message(start bytea, member_id text, type smallint, display text, version bigint, created bytea)
returns bytea language sql stable parallel safe as $$
  select start
    || set_byte(set_byte('\x1a0000'::bytea, 1, 8 + octet_length(member_id) + octet_length(display) & 127 | 128),
      2, 8 + octet_length(member_id) + octet_length(display) >> 7)
    || set_byte(set_byte('\x0a0000'::bytea, 1, octet_length(member_id) & 127 | 128), 2, octet_length(member_id) >> 7)
    || convert_to(member_id, 'UTF8')
    || set_byte('\x1000'::bytea, 1, type)
    || set_byte(set_byte('\x1a0000'::bytea, 1, octet_length(display) & 127 | 128), 2, octet_length(display) >> 7)
    || convert_to(display, 'UTF8')
    || '\x20'::bytea || seven_bytes(version) || created
$$;

create or replace function membership_end(carried_over boolean, member_version bigint)
returns bytea language sql immutable parallel safe as $$
  select case when carried_over then '\x3001'::bytea else ''::bytea end
    || case when member_version = 0 then ''::bytea else '\x38'::bytea || seven_bytes(member_version) end
$$;
