-- Answers to uploads: the imports' ledger, what waits in it, and what operators want done about that.

-- The last answer of each upload, written by the feed in the transaction in which its sender can see it.
-- Two contents under one source_id and revision (a restored device makes them) are two uploads.
create table ceebus.upload (
    channel     text collate "C" not null,
    kind        text collate "C" not null,
    source_id   uuid not null,
    revision    int not null,
    sender      text collate "C" not null,
    upload_id   uuid not null,
    attempt     int not null,
    final       bool not null,
    outcome     text collate "C" not null,
    code        text collate "C",
    params      jsonb not null default '{}',
    warnings    jsonb not null default '[]',
    number      text,
    received_at timestamptz,
    answered_at timestamptz not null,
    final_at    timestamptz,
    primary key (channel, kind, source_id, revision, sender, upload_id)
);
create index upload_open on ceebus.upload (channel, kind, source_id) where not final;
create index upload_final on ceebus.upload (final_at) where final;
create index upload_answered on ceebus.upload (channel, answered_at);

-- A sender's own answers, in feed order.
create index feed_results on ceebus.feed (channel, (audience[1]), position) where kind = 'results';

-- retry, confirm, discard: for the writer, kind `import/<kind>`, key = source_id.
alter table ceebus.wanted drop constraint wanted_action_check;
alter table ceebus.wanted add constraint wanted_action_check
    check (action in ('republish', 'snapshot') or (action in ('retry', 'confirm', 'discard') and kind like 'import/%'));
