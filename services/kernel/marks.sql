-- name: mirrored
-- What is remembered of a lane's partitions.
select topic, topic_partition, epoch, next_offset, position, until, taken_seq, done_seq, parking
from ceebus.lane_offset where lane = $1 and topic = any($2::text[])

-- name: take_over
-- Makes this process the owner of partitions: the epoch rises, so what the owner before still says is not heard.
insert into ceebus.lane_offset(lane, topic, topic_partition, next_offset, position, until, parking)
select $1, i.* from unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bool[])
                    as i(topic, topic_partition, marker, position, until, parking)
on conflict (lane, topic, topic_partition) do update set epoch = lane_offset.epoch + 1, next_offset = excluded.next_offset,
    position = excluded.position, until = excluded.until, parking = excluded.parking, updated_at = now()
returning topic, topic_partition, epoch

-- name: keep
-- Where the lane stands, beside Kafka's committed offsets; answers those that are still this owner's. Nobody waits for the disk:
-- a server that crashes forgets the newest moves, and a mirror may be behind.
update ceebus.lane_offset o set next_offset = i.marker, position = i.position, until = i.until, taken_seq = i.taken, done_seq = i.done,
    parking = i.parking, updated_at = now()
from unnest($2::text[], $3::int[], $4::int[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bool[])
     as i(topic, topic_partition, epoch, marker, position, until, taken, done, parking),
     (select set_config('synchronous_commit', 'off', true)) as lazily
where o.lane = $1 and o.topic = i.topic and o.topic_partition = i.topic_partition and o.epoch = i.epoch
returning o.topic, o.topic_partition

-- name: confirm
-- The lane has taken up what is wanted of it.
insert into ceebus.lane_health(lane, instance, state) values($1, 'lane', $2)
on conflict (lane, instance) do update set state = excluded.state, updated_at = now()

-- name: note
-- A place in the marker's history.
insert into ceebus.marker_history(lane, topic, topic_partition, next_offset, before_offset, cause, run)
select $1, i.* from unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::text[], $7::uuid[])
                    as i(topic, topic_partition, next_offset, before_offset, cause, run)

-- name: audit_adopted
-- Somebody moved the marker with Kafka's own tools.
insert into ceebus.audit(actor, action, channel, object, reason, before, after) values('lane', 'marker.adopted', $1, $2, $3, $4, $5)

-- name: want_snapshot
-- Asks the source to read a kind again from CEE.
insert into ceebus.wanted(channel, kind, key, action, reason) values ($1, $2, '', 'snapshot', $3)
