-- What became of the uploads that runs passed, written by the writer with their effects.

-- Uploads by outcome as run reports count them: applied, unchanged, waiting, rejected, quarantined, conflict; warning besides.
-- What waited and came to another end is moved there, so a row may be down to 0.
create table if not exists ceebus.run_tally (
    run     uuid not null,
    kind    text collate "C" not null,
    outcome text collate "C" not null,
    code    text collate "C" not null default '',
    records bigint not null,
    primary key (run, kind, outcome, code)
);

-- The uploads that are not plainly done, the first 10,000 of a run, kind, outcome and code. key: source_id.
create table if not exists ceebus.run_object (
    run     uuid not null,
    kind    text collate "C" not null,
    key     text collate "C" not null,
    outcome text collate "C" not null,
    code    text collate "C" not null,
    params  jsonb not null default '{}',
    at      timestamptz not null default now(),
    primary key (run, kind, key, code)
);

-- The run that passed the upload when this was said.
alter table ceebus.answer add column if not exists run uuid;
