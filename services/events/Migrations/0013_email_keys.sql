-- The address of a user that identity has, as attribute-mapping last told it, whether applications see the user or not: what adopted users are
-- recognized by.
alter table directory_users add column email_key text collate "C" not null default '';
-- Of users that are there.
update directories set renew_after = '' where not closed;
