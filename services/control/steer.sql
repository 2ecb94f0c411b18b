-- name: list
-- What is wanted of the directions of channels; those nobody has touched have no row.
select * from ceebus.transfer where $1::text is null or channel = $1 order by channel, direction

-- name: lock
-- What is wanted of one direction, for a change of it.
select * from ceebus.transfer where channel = $1 and direction = $2 for update

-- name: touch
-- A row to change.
insert into ceebus.transfer(channel, direction) values($1, $2) on conflict do nothing

-- name: set_mode
-- Mode, queue and weight; what is null stays.
update ceebus.transfer set mode = coalesce($3, mode), queue = coalesce($4, queue), weight = coalesce($5, weight)
where channel = $1 and direction = $2 returning *

-- name: hold
-- Nothing flows until it is released.
update ceebus.transfer set held = true, detached = $3, reason = $4, held_by = $5, held_at = coalesce(held_at, now())
where channel = $1 and direction = $2 returning *

-- name: release
-- It flows again as its mode says.
update ceebus.transfer set held = false, detached = false, reason = null, held_by = null, held_at = null
where channel = $1 and direction = $2 returning *

-- name: confirmed
-- Whether the lane has taken up what is wanted of it; one that has never run does so when it starts.
select exists(select from ceebus.lane_health where lane = $1 and state = $2::jsonb) or not exists(select from ceebus.lane_health where lane = $1)

-- name: at_work
-- Whether a run of the direction is at work.
select id from ceebus.run where channel = $1 and direction = $2 and state = 'running'

-- name: markers
-- The markers of a lane as they are mirrored.
select topic, topic_partition, next_offset, position, updated_at from ceebus.lane_offset where lane = $1 order by topic, topic_partition

-- name: history
-- Where markers were, the newest first.
select * from ceebus.marker_history where lane = $1 and id < $2 and ($3::text is null or topic = $3) order by id desc limit $4

-- name: at_moment
-- Where the markers of a lane stood at a moment: the newest place that is known from before it; the oldest known one where there is none.
select distinct on (topic, topic_partition) topic, topic_partition, next_offset from (
    select topic, topic_partition, next_offset, at, id, at <= $2 as known from ceebus.marker_history where lane = $1) h
order by topic, topic_partition, known desc, case when known then -extract(epoch from at) else extract(epoch from at) end, id desc

-- name: run_markers
-- Where the markers stood before a run.
select k.kind, k.marker_before from ceebus.run_kind k join ceebus.run r on r.id = k.run
where k.run = $1 and r.channel = $2 and r.direction = $3 and k.marker_before is not null

-- name: move
-- The lane puts its markers there.
insert into ceebus.lane_order(lane, topic, seq, markers) values($1, $2, nextval('ceebus.lane_order_seq'), $3::jsonb)
on conflict (lane, topic) do update set seq = excluded.seq, run = null, force = false, bounds = '{}', seeks = '{}', own = false, keys = null,
    markers = excluded.markers
returning seq

-- name: moved
-- Whether the lane has taken an order: in how many of its partitions it has not.
select count(*) from ceebus.lane_offset where lane = $1 and topic = $2 and topic_partition = any($3::int[]) and done_seq < $4

-- name: forget
-- An order that was taken.
delete from ceebus.lane_order where lane = $1 and topic = $2 and seq = $3
