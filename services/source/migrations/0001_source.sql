-- What must commit together with CEE's own data, beside CEE's tables, in CEE's database.
-- CEE's triggers write `outbox` and nothing else here; everything else belongs to the source.

create schema if not exists ceebus;

-- A change as CEE's triggers state it, in the changing transaction, deletes included.
-- kind 'channels' with the channel's id as key: the channel's settings changed.
-- channel null: every channel. scope null: the object only, else also what cee.dependents names for that scope.
-- There is no foreign key and no unique key: a user's transaction must never fail or wait because of the bus.
create table if not exists ceebus.outbox (
    seq     bigserial primary key,
    txid    xid8 not null default pg_current_xact_id(),
    kind    text collate "C" not null,
    key     text collate "C" not null,
    channel text collate "C",
    scope   text collate "C",
    at      timestamptz not null default clock_timestamp()
);
create index if not exists outbox_order on ceebus.outbox (txid, seq);
create index if not exists outbox_at on ceebus.outbox (at);

-- Drawn before each read, so whatever is read later carries a higher number.
create sequence if not exists ceebus.read_number;

-- Rises by an operator's "CEE was restored"; the upper 15 bits of each object version.
create table if not exists ceebus.incarnation (
    one    bool primary key default true check (one),
    number int not null check (number between 0 and 32767)
);
insert into ceebus.incarnation (number) values (1) on conflict do nothing;

-- How far a channel's loop has come. `step` fences: every update names the step it has read and raises it.
-- expand: the dependents still to be published of the outbox row the cursor stands before.
create table if not exists ceebus.source_cursor (
    channel    text collate "C" primary key,
    txid       xid8 not null,
    seq        bigint not null,
    step       bigint not null default 0,
    tick       date,
    expand     jsonb,
    updated_at timestamptz not null default now()
);

-- A superset of the keys that stand in cee.*, the last object version of each and whether it was a removal.
create table if not exists ceebus.published (
    channel       text collate "C" not null,
    kind          text collate "C" not null,
    key           text collate "C" not null,
    objectversion bigint not null,
    removed       bool not null default false,
    at            timestamptz not null default now(),
    primary key (channel, kind, key)
);
create index if not exists published_removed on ceebus.published (at) where removed;

-- One row a channel, kind and snapshot; `last_key` is where it goes on after a stop.
create table if not exists ceebus.snapshot (
    id          bigserial primary key,
    channel     text collate "C" not null,
    kind        text collate "C" not null,
    state       text not null default 'waiting'
                check (state in ('waiting', 'rows', 'removals', 'done', 'cancelled')),
    last_key    text collate "C",
    done        bigint not null default 0,
    total       bigint,
    run         uuid,
    reason      text,
    started_at  timestamptz,
    finished_at timestamptz
);
create unique index if not exists snapshot_open on ceebus.snapshot (channel, kind)
    where state in ('waiting', 'rows', 'removals');
create index if not exists snapshot_channel on ceebus.snapshot (channel, id);

-- Where the outbox can't say any more what changed: visible, and followed by a snapshot.
create table if not exists ceebus.source_gap (
    id      bigserial primary key,
    channel text collate "C" not null,
    reason  text not null,
    txid    xid8,
    seq     bigint,
    at      timestamptz not null default now()
);

-- What became of a content: fetched and checked once, stored by its sha256.
create table if not exists ceebus.blob (
    content_id text collate "C" primary key,
    sha256     text,
    size       bigint,
    mime       text,
    problem    jsonb,
    at         timestamptz not null default now()
);

-- Outbox rows up to here may be gone: a cursor below has a gap.
create table if not exists ceebus.outbox_floor (
    one  bool primary key default true check (one),
    txid xid8 not null default '0',
    seq  bigint not null default 0
);
insert into ceebus.outbox_floor default values on conflict do nothing;
