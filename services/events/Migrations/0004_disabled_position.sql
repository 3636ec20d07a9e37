-- End of the log when the endpoint was disabled: what is behind it is delivered once it is enabled. A clock does not say that as exactly.
alter table webhook_endpoints add column disabled_position bigint;
update webhook_endpoints p
set disabled_position = coalesce(
  (select e.position from events e where e.create_time < p.disabled_time order by e.create_time desc, e.position desc limit 1), 0)
where not p.enabled;
