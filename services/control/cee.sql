-- name: channels
-- Every channel of CEE with its settings.
select channel, version, body, active from cee.mobile_channels order by channel

-- name: published
-- Objects that stand in the bus, by kind.
select kind, count(*) filter (where not removed) as live, count(*) filter (where removed) as removed
from ceebus.published where channel = $1 group by kind

-- name: snapshots
-- The newest snapshot of each kind.
select distinct on (kind) kind, state, done, total, reason, started_at, finished_at
from ceebus.snapshot where channel = $1 order by kind, id desc

-- name: outbox
-- Committed changes the source has not passed yet, by kind; a channel without a cursor has not begun.
-- Of one that was passed, dependents may be left: it counts until they are not.
with behind as (
    select o.kind, o.at from ceebus.outbox o join ceebus.source_cursor c on c.channel = $1
    where (o.txid, o.seq) > (c.txid, c.seq) and (o.channel is null or o.channel = $1)
    union all
    select e ->> 'kind', (e ->> 'at')::timestamptz from ceebus.source_cursor c, jsonb_array_elements(c.expand) e where c.channel = $1
)
select kind, count(*) as rows, extract(epoch from now() - min(at))::float8 as age_s from behind group by kind

-- name: oldest
-- Of several channels the oldest committed change of each kind that the source has not passed yet.
with cursors as materialized (select * from ceebus.source_cursor where channel = any($1::text[])), behind as (
    select c.channel, o.kind, o.at from cursors c
    join ceebus.outbox o on (o.txid, o.seq) > (c.txid, c.seq) and (o.channel is null or o.channel = c.channel)
    union all
    select c.channel, e ->> 'kind', (e ->> 'at')::timestamptz from cursors c, jsonb_array_elements(c.expand) e
)
select channel, kind, extract(epoch from now() - min(at))::float8 as age_s from behind group by channel, kind

-- name: horizon
-- How long the oldest transaction that has written something has held the outbox back, in seconds.
select coalesce(extract(epoch from max(now() - xact_start)), 0)::float8 as age_s
from pg_stat_activity where backend_xid is not null and datname = current_database() and pid <> pg_backend_pid()

-- name: gaps
-- The last gap of a channel: after it everything was read again.
select reason, at from ceebus.source_gap where channel = $1 order by id desc limit 1

-- name: sales_rep
-- Whether CEE has this rep in the channel.
select member from cee.sales_reps where channel = $1 and key = $2

-- name: members
-- Objects of a channel in the view of a kind.
select count(*) as count from cee.kind_view where channel = $1 and member

-- name: waiting_uploads
-- Uploads of one object that the writer keeps to judge again, as they came.
select upload_id, sender, value, headers, confirmed from ceebus.waiting where channel = $1 and kind = $2 and source_id = $3

-- name: run_snapshots
-- The newest snapshots that a run asked for.
select distinct on (kind) kind, state, done, total from ceebus.snapshot where run = $1 order by kind, id desc

-- name: writer_offsets
-- How far the writer is in these topics.
select topic, topic_partition, next_offset from ceebus.lane_offset where lane = 'writer' and topic = any($1::text[])

-- name: unsent_answers
-- Answers of a channel that are still to be sent.
select count(*) as count from ceebus.answer where channel = $1 and sent_at is null

-- name: run_tally
-- What became of a run's uploads, as the writer counted them.
select kind, outcome, code, records from ceebus.run_tally where run = $1

-- name: forget_runs
-- What the writer counted of runs that are gone.
with objects as (delete from ceebus.run_object where run = any($1::uuid[])), tally as (delete from ceebus.run_tally where run = any($1::uuid[]))
select 1
