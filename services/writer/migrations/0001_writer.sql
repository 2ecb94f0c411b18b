-- What the writer keeps in CEE's database, because it must commit together with what it writes to CEE.

create schema if not exists ceebus;

-- One row a channel: locked first in every transaction that judges uploads, so gates and numbers are looked at one after another.
create table if not exists ceebus.gate (
    channel text collate "C" primary key
);

-- Where the writer's lane goes on: the truth, Kafka's committed offset is a copy.
create table if not exists ceebus.lane_offset (
    lane            text collate "C" not null,
    topic           text collate "C" not null,
    topic_partition int not null,
    epoch           int not null default 0,
    next_offset     bigint not null,
    updated_at      timestamptz not null default now(),
    primary key (lane, topic, topic_partition)
);

-- Stretches of import.* that the log no longer held when the writer came to them: those uploads are lost unless sent again.
create table if not exists ceebus.import_gap (
    id              bigserial primary key,
    channel         text collate "C" not null,
    kind            text collate "C" not null,
    topic           text collate "C" not null,
    topic_partition int not null,
    from_offset     bigint not null,
    to_offset       bigint not null,
    at              timestamptz not null default now()
);

-- Uploads that had their effect or their final refusal, and what that was: kept when the answers are long gone.
-- By sender, since two senders of one content (a cloned database) both get an answer of their own.
create table if not exists ceebus.inbox (
    id        uuid not null,
    sender    text collate "C" not null,
    channel   text collate "C" not null,
    kind      text collate "C" not null,
    source_id uuid not null,
    revision  int not null,
    outcome   text collate "C" not null,
    code      text collate "C",
    params    jsonb not null default '{}',
    at        timestamptz not null default now(),
    primary key (id, sender)
);
create index if not exists inbox_at on ceebus.inbox (at);

-- What an object born or edited on a device has become in CEE. number: what users call it; key: what CEE's views call it.
create table if not exists ceebus.imported (
    channel   text collate "C" not null,
    kind      text collate "C" not null,
    source_id uuid not null,
    revision  int not null,
    hash      text collate "C" not null,
    key       text collate "C" not null,
    number    text collate "C",
    at        timestamptz not null default now(),
    primary key (channel, kind, source_id)
);

-- Everything said to senders. Rows without sent_at are the outbox of results.<ch>.
-- attempt numbers the answers of one results key (sender, source_id, revision): a reader keeps the highest.
create table if not exists ceebus.answer (
    id          bigserial primary key,
    channel     text collate "C" not null,
    sender      text collate "C" not null,
    kind        text collate "C" not null,
    source_id   uuid not null,
    revision    int not null,
    upload_id   uuid not null,
    attempt     int not null,
    outcome     text collate "C" not null,
    code        text collate "C",
    params      jsonb not null default '{}',
    final       bool not null,
    body        jsonb not null default '{}',
    received_at timestamptz not null,
    at          timestamptz not null,
    sent_at     timestamptz
);
create unique index if not exists answer_attempt on ceebus.answer (channel, sender, source_id, revision, attempt);
create unique index if not exists answer_final on ceebus.answer (upload_id, sender) where final;
create index if not exists answer_upload on ceebus.answer (upload_id, sender);
create index if not exists answer_unsent on ceebus.answer (id) where sent_at is null;
create index if not exists answer_at on ceebus.answer (at);

-- Uploads that are to be judged again, as they came. rank: the kind's place in the order of imports (domain.md 7.1).
-- queue: the partner whose edits stand in line; null: a whole object, replaced by its next revision.
-- outcome quarantined: attempts are exhausted, only an operator or a newer revision moves it.
create table if not exists ceebus.waiting (
    seq        bigserial primary key,
    channel    text collate "C" not null,
    kind       text collate "C" not null,
    rank       int not null,
    source_id  uuid not null,
    revision   int not null,
    upload_id  uuid not null,
    sender     text collate "C" not null,
    hash       text collate "C" not null,
    value      bytea not null,
    headers    jsonb not null,
    outcome    text collate "C" not null check (outcome in ('waiting', 'quarantined')),
    code       text collate "C" not null,
    params     jsonb not null default '{}',
    parent_kind text collate "C",
    parent_key text collate "C",
    queue      text collate "C",
    attempts   int not null default 0,
    confirmed  bool not null default false,
    at         timestamptz not null default now(),
    next_at    timestamptz not null default now()
);
create unique index if not exists waiting_upload on ceebus.waiting (upload_id, sender);
create index if not exists waiting_source on ceebus.waiting (channel, kind, source_id);
create index if not exists waiting_parent on ceebus.waiting (channel, parent_kind, parent_key) where parent_kind is not null;
create index if not exists waiting_queue on ceebus.waiting (channel, kind, queue, seq) where queue is not null;
create index if not exists waiting_turn on ceebus.waiting (channel, rank, seq) where outcome = 'waiting';

-- An operator's wishes that were fulfilled, by id and birth: a restored database may give an id again.
create table if not exists ceebus.wanted_done (
    id         bigint not null,
    created_at timestamptz not null,
    at         timestamptz not null default now(),
    primary key (id, created_at)
);
