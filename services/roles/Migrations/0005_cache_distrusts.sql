-- One row: until when no replica may believe Redis, because one of them could not tell it of what it committed.
create table cache_distrusts (
  only_row boolean primary key default true check (only_row),
  since timestamptz not null,
  until timestamptz not null
);
