-- What became of the records of runs, written by the feed with their effects. No row of these needs the run to be known here.

-- Records by outcome as run reports count them: sent, removed, unchanged, filtered, waiting, rejected, quarantined, conflict; warning besides.
-- What waited and went on by itself is moved to its new outcome, so a row may be down to 0.
create table ceebus.run_tally (
    run     uuid not null,
    kind    text collate "C" not null,
    outcome text collate "C" not null,
    code    text collate "C" not null default '',
    records bigint not null,
    primary key (run, kind, outcome, code)
);

-- The records that are not plainly done, the first 10,000 of a run, kind, outcome and code.
create table ceebus.run_object (
    run     uuid not null,
    kind    text collate "C" not null,
    key     text collate "C" not null,
    outcome text collate "C" not null,
    code    text collate "C" not null,
    params  jsonb not null default '{}',
    at      timestamptz not null default now(),
    primary key (run, kind, key, code)
);

-- Which state of the object failed: attempts are those of one state, however often it is published again.
alter table ceebus.due add column state bytea;
