-- Of the event in the way: how often it was refused, and since when. Failures of other kinds do not count towards parking it.
alter table webhook_lanes add column refusals int not null default 0, add column refused_since timestamptz;
