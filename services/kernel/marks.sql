-- name: mirrored
-- The mirrored next offsets of a lane.
select topic, topic_partition, next_offset from ceebus.lane_offset where lane = $1

-- name: mirror
-- Remembers the committed offsets beside Kafka.
insert into ceebus.lane_offset(lane, topic, topic_partition, epoch, next_offset, updated_at)
select $1, t, p, 0, o, now() from unnest($2::text[], $3::int[], $4::bigint[]) as moved(t, p, o)
on conflict (lane, topic, topic_partition) do update set next_offset = excluded.next_offset, updated_at = excluded.updated_at

-- name: want_snapshot
-- Asks the source to read a kind again from CEE.
insert into ceebus.wanted(channel, kind, key, action, reason) values($1, $2, '', 'snapshot', $3)
