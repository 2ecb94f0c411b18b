-- The tables of ceebus in its own database: what devices see (feed), what waits or is due, how far the lanes have come.
-- Keys and codes sort by bytes (collate "C"): the same order on every machine, and the cheapest index.

create schema if not exists ceebus;

-- One row a channel: the row that every feed transaction locks first, so positions become visible in order, without holes.
-- oldest: removals at or below it may have been cleaned away, so a device cursor below it needs a full resync.
-- epoch: another one says "positions have begun anew", after a restore from an older backup.
create table ceebus.feed_position (
    channel text collate "C" primary key,
    last    bigint not null default 0,
    oldest  bigint not null default 0,
    epoch   uuid not null default gen_random_uuid()
);

-- The newest deliverable state of each object: the current feed, and the ledger of what was sent.
-- body: bytes of the export value, null when removed. audience null: the whole channel, else rep numbers.
-- left_audience: who lost it and gets a delete; '*' is everybody who is not in audience.
-- position 0: the removal of an object that was never sent; kept against late older versions, shown to nobody.
create table ceebus.feed (
    channel         text collate "C" not null,
    kind            text collate "C" not null,
    key             text collate "C" not null,
    objectversion   bigint not null,
    hash            bytea,
    op              text collate "C" not null check (op in ('upsert', 'deactivate', 'delete')),
    version         bigint,
    body            bytea,
    audience        text[] collate "C",
    left_audience   text[] collate "C",
    left_at         timestamptz,
    removed         bool not null default false,
    position        bigint not null,
    at              timestamptz not null default now(),
    event_at        timestamptz,
    topic_partition int not null,
    topic_offset    bigint not null,
    remark          jsonb,
    run             uuid,
    primary key (channel, kind, key)
) with (fillfactor = 85);  -- room for a repeated record to move its version up without touching an index
create index feed_data on ceebus.feed (channel, position) where kind <> 'attachments';
create index feed_attachments on ceebus.feed (channel, position) where kind = 'attachments';
create index feed_removed on ceebus.feed (at) where removed;
create index feed_left on ceebus.feed (left_at) where left_audience is not null;

-- A version whose parents are not there yet, beside the visible one. soft: a shortened version of it is visible.
create table ceebus.waiting (
    channel         text collate "C" not null,
    kind            text collate "C" not null,
    key             text collate "C" not null,
    objectversion   bigint not null,
    hash            bytea,
    op              text collate "C" not null,
    version         bigint,
    body            bytea,
    audience        text[] collate "C",
    topic_partition int not null,
    topic_offset    bigint not null,
    event_at        timestamptz,
    run             uuid,
    missing         jsonb not null,
    soft            bool not null default false,
    at              timestamptz not null default now(),
    primary key (channel, kind, key)
);

-- Who waits for whom; soft: the child is visible without this parent.
create table ceebus.waiting_for (
    channel     text collate "C" not null,
    parent_kind text collate "C" not null,
    parent_key  text collate "C" not null,
    kind        text collate "C" not null,
    key         text collate "C" not null,
    soft        bool not null default false,
    primary key (channel, parent_kind, parent_key, kind, key)
);
create index waiting_for_child on ceebus.waiting_for (channel, kind, key);

-- Parents that arrived and whose waiting children are still to be judged again; survives a crash between two chunks.
create table ceebus.release (
    channel     text collate "C" not null,
    parent_kind text collate "C" not null,
    parent_key  text collate "C" not null,
    primary key (channel, parent_kind, parent_key)
);

-- What could not be delivered and is tried again: an entry stands only above the delivered version of its key.
-- value and headers are those of the refused record; of a waiting one (reference_missing) they stand in `waiting`.
create table ceebus.due (
    channel         text collate "C" not null,
    kind            text collate "C" not null,
    key             text collate "C" not null,
    objectversion   bigint not null,
    outcome         text collate "C" not null,
    code            text collate "C" not null,
    params          jsonb not null default '{}',
    attempts        int not null default 0,
    exhausted       bool not null default false,
    first_at        timestamptz not null default now(),
    last_at         timestamptz not null default now(),
    topic           text collate "C",
    topic_partition int,
    topic_offset    bigint,
    value           bytea,
    headers         jsonb,
    primary key (channel, kind, key)
);

-- The last outcome of keys that are not plainly in the feed: filtered, warning, discarded, refused for good.
create table ceebus.ledger (
    channel       text collate "C" not null,
    kind          text collate "C" not null,
    key           text collate "C" not null,
    objectversion bigint not null,
    outcome       text collate "C" not null,
    code          text collate "C" not null,
    params        jsonb not null default '{}',
    at            timestamptz not null default now(),
    primary key (channel, kind, key)
);

-- Where each lane goes on: the truth for feed and writer, the mirror of Kafka's committed offsets for the others.
create table ceebus.lane_offset (
    lane            text collate "C" not null,
    topic           text collate "C" not null,
    topic_partition int not null,
    epoch           int not null default 0,
    next_offset     bigint not null,
    updated_at      timestamptz not null default now(),
    primary key (lane, topic, topic_partition)
);

-- Keys whose newest record in the log carries a lower version than the feed has: looked at again after a while.
create table ceebus.stale (
    channel         text collate "C" not null,
    kind            text collate "C" not null,
    key             text collate "C" not null,
    seen_at         timestamptz not null default now(),
    topic_partition int not null,
    topic_offset    bigint not null,
    primary key (channel, kind, key)
);
create index stale_seen on ceebus.stale (seen_at);

-- What control and feed want done by the source: idempotent by id, with backoff.
create table ceebus.wanted (
    id         bigserial primary key,
    channel    text collate "C" not null,
    kind       text collate "C" not null,
    key        text collate "C" not null default '',
    action     text collate "C" not null check (action in ('republish', 'snapshot')),
    reason     text not null default '',
    created_at timestamptz not null default now(),
    taken_at   timestamptz,
    attempts   int not null default 0,
    next_at    timestamptz not null default now()
);
create index wanted_open on ceebus.wanted (next_at, id) where taken_at is null;

-- Where a channel's kind comes from; no row: from CEE.
create table ceebus.channel_source (
    channel text collate "C" not null,
    kind    text collate "C" not null,
    source  text collate "C" not null check (source in ('cee', 'ingest')),
    primary key (channel, kind)
);

-- Lines that an ingest could not take, as they came.
create table ceebus.ingest_rejected (
    id      bigserial primary key,
    channel text collate "C" not null,
    kind    text collate "C" not null,
    line    int not null,
    code    text collate "C" not null,
    params  jsonb not null default '{}',
    raw     bytea,
    at      timestamptz not null default now()
);
create index ingest_rejected_place on ceebus.ingest_rejected (channel, kind, id);

-- Devices of the reps; refresh_prev_hash lets a client repeat the request whose answer it lost.
create table ceebus.device (
    id                text collate "C" primary key,
    channel           text collate "C" not null,
    rep               text collate "C" not null,
    name              text,
    state             text collate "C" not null default 'enrolled' check (state in ('enrolled', 'active', 'revoked')),
    db_epoch          uuid,
    enrol_hash        bytea,
    enrol_expires_at  timestamptz,
    refresh_hash      bytea,
    refresh_prev_hash bytea,
    enrolled_at       timestamptz not null default now(),
    revoked_at        timestamptz,
    last_seen_at      timestamptz
);
create index device_rep on ceebus.device (channel, rep);

-- Up to which position a device has everything: "on device since".
create table ceebus.device_ack (
    device               text collate "C" primary key references ceebus.device (id) on delete cascade,
    channel              text collate "C" not null,
    data_position        bigint not null default 0,
    attachments_position bigint not null default 0,
    acked_at             timestamptz not null default now()
);

-- Signing keys of tokens and cursors.
create table ceebus.secret (
    name  text collate "C" primary key,
    value bytea not null
);

-- What each running lane last said about itself.
create table ceebus.lane_health (
    lane       text collate "C" not null,
    instance   text collate "C" not null,
    state      jsonb not null default '{}',
    updated_at timestamptz not null default now(),
    primary key (lane, instance)
);
