-- name: transfer
-- What an operator wants of a channel's direction; no row: live and not held.
select t.mode, t.queue, t.held, t.detached, t.reason, t.held_by, t.held_at, q.paused
from ceebus.transfer t join ceebus.queue q on q.name = t.queue where t.channel = $1 and t.direction = $2

-- name: run
-- The direction's run that is at work, else the one that will be next, for the kind.
select id::text as run, state, code, queue, starts_at from ceebus.run
where channel = $1 and direction = $2 and $3 = any(kinds) and state in ('running', 'waiting', 'scheduled')
order by state <> 'running', state <> 'waiting', priority, starts_at limit 1

-- name: next_schedule
-- When the next scheduled run of the direction is due.
select name, next_at from ceebus.schedule
where channel = $1 and direction = $2 and enabled and next_at is not null and (kinds is null or $3 = any(kinds)) order by next_at limit 1

-- name: source
-- Where a kind comes from; no row: from CEE.
select source from ceebus.channel_source where channel = $1 and kind = $2

-- name: feed
-- What devices can get of an object.
select objectversion, op, removed, position, audience, left_audience, left_at, event_at, at, encode(hash, 'hex') as hash, remark,
       topic_partition, topic_offset
from ceebus.feed where channel = $1 and kind = $2 and key = $3

-- name: waiting
-- A version that waits for parents; the full one beside a shortened one when soft.
select objectversion, missing, soft, at from ceebus.waiting where channel = $1 and kind = $2 and key = $3

-- name: due
-- Why a version was held back.
select objectversion, outcome, code, params, attempts, exhausted, first_at, last_at, topic, topic_partition, topic_offset
from ceebus.due where channel = $1 and kind = $2 and key = $3

-- name: ledger
-- The last word on a key that is not plainly in the feed.
select objectversion, outcome, code, params, at from ceebus.ledger where channel = $1 and kind = $2 and key = $3

-- name: devices
-- Active devices of an audience ($2 null: of every rep), the slowest first; an acknowledgement of another life of the feed counts as nothing.
select d.id, d.rep, d.last_seen_at,
       coalesce(case when a.feed_epoch = p.epoch then case when $3 then a.attachments_position else a.data_position end end, 0) as acked,
       count(*) over () as total,
       count(*) filter (where coalesce(case when a.feed_epoch = p.epoch then case when $3 then a.attachments_position else a.data_position end end, 0) < $4)
           over () as behind
from ceebus.device d left join ceebus.feed_position p on p.channel = d.channel
left join ceebus.device_ack a on a.device = d.id and a.channel = d.channel
where d.channel = $1 and d.state = 'active' and ($2::text[] is null or d.rep = any($2)) order by acked, d.id limit 5

-- name: device
-- One device, and its acknowledgement if it is of this life of the feed.
select d.id, d.channel, d.rep, d.state, d.enrol_expires_at, d.revoked_at, d.last_seen_at, d.db_epoch::text as db_epoch, a.acked_at,
       a.data_position, a.attachments_position, a.feed_epoch = p.epoch as valid, a.db_epoch = d.db_epoch as same_epoch, p.last
from ceebus.device d left join ceebus.feed_position p on p.channel = d.channel
left join ceebus.device_ack a on a.device = d.id and a.channel = d.channel where d.id = $1

-- name: upload
-- The last answer that the feed has about the newest revision of an upload.
select revision, sender, final, outcome, code, params, warnings, number, attempt, received_at, answered_at, final_at
from ceebus.upload where channel = $1 and kind = $2 and source_id = $3 order by revision desc, answered_at desc limit 1

-- name: source_of_number
-- The upload whose answers name this number.
select source_id from ceebus.upload where channel = $1 and kind = $2 and number = $3 order by answered_at desc limit 1

-- name: answer
-- The answer's place in the sender's feed.
select position, at from ceebus.feed where channel = $1 and kind = 'results' and key = $2
