-- Where events are posted to.
create table webhook_endpoints (
  id text collate "C" primary key,
  url text collate "C" constraint webhook_endpoints_url_key unique,
  enabled boolean not null,
  -- Since when it is not.
  disabled_time timestamptz,
  -- Types of events; none: all.
  events text[] not null,
  request_id text collate "C" constraint webhook_endpoints_request_id_key unique,
  -- directorysync.events.v1.WebhookEndpoint
  data bytea not null
);

-- The way of a directory's events to an endpoint. A lane at rest has no row, or one in which both sequences are the same.
create table webhook_lanes (
  directory_id text collate "C" not null,
  endpoint_id text collate "C" not null,
  -- Of the last event that was delivered, parked or skipped.
  sequence bigint not null,
  -- Nothing before this time is wanted: it says in which partitions to look.
  event_time timestamptz not null,
  -- Of the last event that it is there for.
  last_sequence bigint not null,
  -- Up to here deliveries are repetitions.
  replay_sequence bigint not null default 0,
  stopped boolean not null default false,
  attempts int not null default 0,
  failing_since timestamptz,
  next_time timestamptz not null default clock_timestamp(),
  last_error text not null default '',
  -- Who is delivering, and until when that counts.
  lease uuid,
  lease_time timestamptz,
  constraint webhook_lanes_pkey primary key (directory_id, endpoint_id)
) with (fillfactor = 80);
create index webhook_lanes_due on webhook_lanes (next_time) where sequence < last_sequence and not stopped;
create index webhook_lanes_endpoint on webhook_lanes (endpoint_id, directory_id);

-- What was refused for good, or skipped by a person.
create table dead_letters (
  directory_id text collate "C" not null,
  endpoint_id text collate "C" not null,
  event_id text collate "C" not null,
  -- UUIDv7: the order of the list.
  id text collate "C" not null,
  -- directorysync.events.v1.DeadLetter, but for its replay_time
  data bytea not null,
  replay_time timestamptz,
  constraint dead_letters_pkey primary key (directory_id, endpoint_id, event_id)
);
create index dead_letters_endpoint on dead_letters (endpoint_id, id);

-- Attempts of the last week.
create table delivery_attempts (
  directory_id text collate "C" not null,
  -- UUIDv7: the order of the list.
  id text collate "C" not null,
  endpoint_id text collate "C" not null,
  -- directorysync.events.v1.DeliveryAttempt
  data bytea not null,
  constraint delivery_attempts_pkey primary key (directory_id, id)
);
create index delivery_attempts_endpoint on delivery_attempts (endpoint_id, id);
create index delivery_attempts_id on delivery_attempts (id);
