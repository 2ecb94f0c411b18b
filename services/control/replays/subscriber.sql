-- name: ask
-- A replay to a subscriber; no row while another one to the same name is at work.
insert into ceebus.subscriber_replay(id, channel, name, kinds, since, rate, partitions, reason, asked_by)
values($1, $2, $3, $4::text[], $5, $6, $7, $8, $9) on conflict (channel, name) where state = 'running' do nothing returning id

-- name: ask_places
-- What it has to copy, partition by partition.
insert into ceebus.subscriber_replay_place(replay, topic, topic_partition, from_offset, next_offset, until_offset)
select $1, i.topic, i.topic_partition, i.from_offset, i.from_offset, i.until_offset
from unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[]) as i(topic, topic_partition, from_offset, until_offset)

-- name: list
-- Replays of a channel, the newest first.
select r.id, r.channel, r.name, r.kinds, r.since, r.rate, r.partitions, r.state, r.copied, r.detail, r.reason, r.asked_by, r.created_at,
       r.finished_at, p.total, p.passed
from ceebus.subscriber_replay r
cross join lateral (select coalesce(sum(until_offset - from_offset), 0)::bigint as total, coalesce(sum(next_offset - from_offset), 0)::bigint as passed
                    from ceebus.subscriber_replay_place where replay = r.id) p
where r.channel = $1 and (r.created_at, r.id) < ($2::timestamptz, $3::uuid) order by r.created_at desc, r.id desc limit $4

-- name: one
-- One replay.
select r.id, r.channel, r.name, r.kinds, r.since, r.rate, r.partitions, r.state, r.copied, r.detail, r.reason, r.asked_by, r.created_at,
       r.finished_at, p.total, p.passed
from ceebus.subscriber_replay r
cross join lateral (select coalesce(sum(until_offset - from_offset), 0)::bigint as total, coalesce(sum(next_offset - from_offset), 0)::bigint as passed
                    from ceebus.subscriber_replay_place where replay = r.id) p
where r.id = $1

-- name: places
-- How far each of its partitions is.
select topic, topic_partition, from_offset, next_offset, until_offset
from ceebus.subscriber_replay_place where replay = $1 order by topic, topic_partition

-- name: cancel
-- Ends it: whoever copies sees it at the next checkpoint.
update ceebus.subscriber_replay set state = 'cancelled', finished_at = now() where id = $1 and state = 'running' returning id

-- name: at_work
-- What is to be copied, the oldest first.
select id from ceebus.subscriber_replay where state = 'running' order by created_at

-- name: lock
-- One process copies; the lock goes with its connection, on which it writes its checkpoints too.
select pg_try_advisory_lock(hashtext('ceebus.replay'), hashtext($1))

-- name: checkpoint
-- These records are on the topic; no row: it was cancelled.
with going as (update ceebus.subscriber_replay set copied = copied + $5, failures = 0, detail = null
               where id = $1 and state = 'running' returning id)
update ceebus.subscriber_replay_place p set next_offset = i.next_offset
from going g, unnest($2::text[], $3::int[], $4::bigint[]) as i(topic, topic_partition, next_offset)
where p.replay = g.id and p.topic = i.topic and p.topic_partition = i.topic_partition
returning p.next_offset

-- name: complete
-- Everything was copied.
update ceebus.subscriber_replay set state = 'completed', finished_at = now() where id = $1 and state = 'running'

-- name: failed
-- An attempt ended early; $3: 1 if that counts. After $4 that counted in a row it is given up.
update ceebus.subscriber_replay
set failures = failures + $3, detail = $2, state = case when failures + $3 >= $4 then 'failed' else state end,
    finished_at = case when failures + $3 >= $4 then now() end
where id = $1 and state = 'running'
