-- Transfers under control: queues, modes and holds, runs, orders to lanes, where markers were. Written by control; lanes read and answer.

create table ceebus.queue (
    name       text collate "C" primary key,
    slots      int not null default 4 check (slots between 1 and 32),   -- runs at work at a time
    paused     bool not null default false,                             -- no further run is started
    created_at timestamptz not null default now()
);
insert into ceebus.queue(name) values ('default');

-- What an operator wants of a channel's direction; no row: live, in queue default, not held.
create table ceebus.transfer (
    channel   text collate "C" not null,
    direction text collate "C" not null check (direction in ('export', 'import')),
    mode      text collate "C" not null default 'live' check (mode in ('live', 'scheduled', 'on-demand')),
    queue     text collate "C" not null default 'default' references ceebus.queue (name),
    weight    int not null default 1 check (weight between 1 and 100),  -- share of turns in its queue's processes
    held      bool not null default false,
    detached  bool not null default false,                              -- the lane has left its group: Kafka's tools may move the marker
    reason    text,
    held_by   text,
    held_at   timestamptz,
    primary key (channel, direction)
);

create table ceebus.run (
    id           uuid primary key,
    channel      text collate "C" not null,
    direction    text collate "C" not null check (direction in ('export', 'import')),
    kinds        text[] collate "C" not null,            -- in the order in which they are handled
    since        text collate "C" not null check (since in ('last-transfer', 'anytime', 'timestamp', 'offset')),
    since_at     timestamptz,                            -- timestamp: bus publish time, inclusive
    since_places jsonb,                                  -- offset: {topic: {partition: offset}}
    keys         text[] collate "C",                     -- chosen keys; null: all
    force        bool not null default false,
    queue        text collate "C" not null references ceebus.queue (name),
    priority     int not null default 5 check (priority between 1 and 9),  -- 1 goes first
    state        text collate "C" not null check (state in (
                     'scheduled', 'waiting', 'running', 'completed', 'completed_with_warnings', 'completed_with_errors', 'failed', 'cancelled')),
    code         text collate "C",                       -- why it waits or failed
    detail       text,
    schedule     text collate "C",
    asked_by     text not null,
    reason       text,
    created_at   timestamptz not null default now(),
    starts_at    timestamptz not null default now(),
    started_at   timestamptz,
    finished_at  timestamptz,
    cancelling   bool not null default false,
    report       jsonb
);
create unique index run_at_work on ceebus.run (channel, direction) where state = 'running';
create index run_open on ceebus.run (queue, priority, starts_at) where state in ('scheduled', 'waiting', 'running');
create index run_newest on ceebus.run (created_at desc, id);
create index run_of_channel on ceebus.run (channel, direction, created_at desc);

-- How far each kind of a run is. bounds: {partition: offset} of the topic that the lane reads; deliver: {topic: {partition: offset}} behind it.
create table ceebus.run_kind (
    run         uuid not null references ceebus.run (id) on delete cascade,
    kind        text collate "C" not null,
    place       int not null,
    phase       text collate "C" not null default 'pending' check (phase in ('pending', 'ask', 'read', 'deliver', 'done')),
    bounds      jsonb,
    deliver     jsonb,
    seq         bigint,                                  -- of the order to the lane
    selected    bigint,
    marker_before jsonb,
    marker_after  jsonb,
    started_at  timestamptz,
    finished_at timestamptz,
    primary key (run, kind)
);

-- What a lane is to do with one of its topics beside going on from its marker; no row: nothing.
create sequence ceebus.lane_order_seq;
create table ceebus.lane_order (
    lane    text collate "C" not null,                   -- export.<channel> or import.<channel>
    topic   text collate "C" not null,
    seq     bigint not null,
    run     uuid,
    force   bool not null default false,
    bounds  jsonb not null default '{}',                 -- {partition: offset}: as far as this
    seeks   jsonb not null default '{}',                 -- {partition: offset}: read from there, off the marker
    markers jsonb not null default '{}',                 -- {partition: offset}: put the marker there
    own     bool not null default false,                 -- hand on the run's own records only
    keys    text[] collate "C",                          -- hand on these keys only
    primary key (lane, topic)
);

-- A lane's place beside its marker (`next_offset`). position: where it reads off the marker, until: where that ends.
alter table ceebus.lane_offset add column position bigint;
alter table ceebus.lane_offset add column until bigint;
alter table ceebus.lane_offset add column taken_seq bigint not null default 0;   -- the newest order the lane has taken
alter table ceebus.lane_offset add column done_seq bigint not null default 0;    -- the newest order the lane is done with
alter table ceebus.lane_offset add column parking bool not null default false;   -- that stretch was skipped by hand: its records become due

-- Where markers were: one row when something but the plain course moved them, and now and then in the plain course.
create table ceebus.marker_history (
    id              bigserial primary key,
    lane            text collate "C" not null,
    topic           text collate "C" not null,
    topic_partition int not null,
    next_offset     bigint not null,
    before_offset   bigint,
    cause           text collate "C" not null,           -- course, run, restored, adopted, moved, gap
    run             uuid,
    at              timestamptz not null default now()
);
create index marker_history_place on ceebus.marker_history (lane, topic, topic_partition, id desc);

-- What the source does for a run.
alter table ceebus.wanted add column run uuid;
alter table ceebus.wanted add column force bool not null default false;
alter table ceebus.wanted drop constraint wanted_action_check;
alter table ceebus.wanted add constraint wanted_action_check
    check (action in ('republish', 'snapshot', 'cancel', 'resume') or (action in ('retry', 'confirm', 'discard') and kind like 'import/%'));
create index wanted_run on ceebus.wanted (run) where run is not null;

-- Who may steer, and who did what.
create table ceebus.operator (
    id           text collate "C" primary key,
    name         text not null,
    role         text collate "C" not null check (role in ('viewer', 'operator', 'admin')),
    token_hash   bytea not null unique,
    created_by   text not null,
    created_at   timestamptz not null default now(),
    revoked_at   timestamptz,
    last_used_at timestamptz
);
create table ceebus.audit (
    id        bigserial primary key,
    at        timestamptz not null default now(),
    actor     text not null,                             -- operator's id, `token` for the setting's, `lane`, `schedule`
    action    text collate "C" not null,                 -- run.ask, run.cancel, mode.set, hold, release, marker.restore, due.retry ...
    channel   text collate "C",
    object    text,
    reason    text,
    before    jsonb,
    after     jsonb
);
create index audit_newest on ceebus.audit (channel, id desc);

create table ceebus.schedule (
    name       text collate "C" primary key,
    channel    text collate "C" not null,
    direction  text collate "C" not null check (direction in ('export', 'import')),
    kinds      text[] collate "C",                       -- null: all of the direction
    since      text collate "C" not null default 'last-transfer' check (since in ('last-transfer', 'anytime')),
    queue      text collate "C" references ceebus.queue (name),
    priority   int not null default 5 check (priority between 1 and 9),
    cron       text,                                     -- exactly one of the three
    every_min  int check (every_min between 1 and 10080),
    once_at    timestamptz,
    window_from time,                                    -- local time; both or none; may span midnight
    window_to   time,
    time_zone  text not null,
    missed     text collate "C" not null default 'skip' check (missed in ('skip', 'once')),   -- what was due while nobody was there
    enabled    bool not null default true,
    created_by text not null,
    created_at timestamptz not null default now(),
    next_at    timestamptz,
    last_at    timestamptz,
    last_run   uuid,
    check (num_nonnulls(cron, every_min, once_at) = 1),
    check (num_nonnulls(window_from, window_to) in (0, 2))
);
create index schedule_due on ceebus.schedule (next_at) where enabled;
