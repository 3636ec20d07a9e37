-- Of a user: whether it is active, and the version (of identity) with which it was deactivated last.
alter table users
  add column active boolean not null default true,
  add column deactivated_version bigint not null default 0;

-- What group-membership says: the user was deactivated after the membership was named last; as far as it knew of deactivations then.
alter table memberships
  add column carried_over boolean not null default false,
  add column member_version bigint not null default 0;
