-- When the consumer last had all that there was, by this database's clock: how old what this service knows may be.
alter table feed_positions add column caught_up_time timestamptz;
