-- Which traced request changed what is still to be told: an event goes on with its trace. Only few requests are traced.
create table pending_traces (
  directory_id text collate "C" not null,
  -- A user, a group, or "user/group".
  resource_id text collate "C" not null,
  -- W3C traceparent
  traceparent text not null,
  note_time timestamptz not null default clock_timestamp(),
  constraint pending_traces_pkey primary key (directory_id, resource_id)
);
