-- What we remember of CEE's database, kept apart from it: a CEE that knows less than this was restored from a backup.
create table if not exists ceebus.cee_incarnation (
    one         bool primary key default true check (one),
    number      int not null,
    read_number bigint not null,
    seen_at     timestamptz not null default now()
);
