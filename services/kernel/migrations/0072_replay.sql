-- Sending again: to one device (its signed cursor goes back at the gateway), to one subscriber (copies on a topic of its own).

-- What a device shall get again; at most one open row a device. A cursor below `id` has not been put back yet.
create table ceebus.device_replay (
    id                   bigserial primary key,
    device               text collate "C" not null references ceebus.device (id) on delete cascade,
    since                timestamptz,                    -- null: everything
    data_position        bigint not null,                -- what stands above them comes again
    attachments_position bigint not null,
    whole                bool not null,                  -- everything, as a full download that replaces what the device has
    reason               text,
    asked_by             text not null,
    asked_at             timestamptz not null default now(),
    taken_at             timestamptz,                    -- the first page was given
    data_done            bool not null default false,    -- the device has acknowledged a complete cut of the group after it
    attachments_done     bool not null default false,
    done_at              timestamptz
);
create unique index device_replay_open on ceebus.device_replay (device) where done_at is null;
create index device_replay_newest on ceebus.device_replay (device, id desc);

-- Copies of export.<ch>.<kind> on replay.<ch>.<name>, made by control.
create table ceebus.subscriber_replay (
    id           uuid primary key,
    channel      text collate "C" not null,
    name         text collate "C" not null,
    kinds        text[] collate "C" not null,            -- in the order in which they are copied
    since        timestamptz,                            -- bus publish time, inclusive; null: from the beginning
    rate         int not null check (rate between 1 and 100000),         -- records a second
    partitions   int not null check (partitions between 1 and 64),
    state        text collate "C" not null default 'running' check (state in ('running', 'completed', 'failed', 'cancelled')),
    copied       bigint not null default 0,              -- records acknowledged, repeated ones too
    failures     int not null default 0,                 -- in a row
    detail       text,                                   -- the last failure
    reason       text,
    asked_by     text not null,
    created_at   timestamptz not null default now(),
    finished_at  timestamptz
);
create unique index subscriber_replay_open on ceebus.subscriber_replay (channel, name) where state = 'running';
create index subscriber_replay_newest on ceebus.subscriber_replay (channel, created_at desc, id);
create index subscriber_replay_at_work on ceebus.subscriber_replay (created_at) where state = 'running';

-- How far each partition is: everything below `next_offset` is on the replay topic.
create table ceebus.subscriber_replay_place (
    replay          uuid not null references ceebus.subscriber_replay (id) on delete cascade,
    topic           text collate "C" not null,
    topic_partition int not null,
    from_offset     bigint not null,
    next_offset     bigint not null,
    until_offset    bigint not null,                     -- the log's end when it was asked for
    primary key (replay, topic, topic_partition)
);
