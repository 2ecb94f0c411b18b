-- name: take_over
-- Makes this process the owner of partitions: the epoch rises, a missing row starts at the log's start.
insert into ceebus.lane_offset(lane, topic, topic_partition, next_offset)
select 'feed', i.* from unnest($1::text[], $2::int[], $3::bigint[]) as i(topic, topic_partition, log_start)
on conflict (lane, topic, topic_partition) do update set epoch = lane_offset.epoch + 1, updated_at = now()
returning topic, topic_partition, epoch, next_offset

-- name: jump
-- After a gap the lane goes on at the log's start.
update ceebus.lane_offset set next_offset = $3, updated_at = now() where lane = 'feed' and topic = $1 and topic_partition = $2

-- name: want_snapshot
-- Asks the source to read a kind again from CEE, once.
insert into ceebus.wanted(channel, kind, action, reason)
select $1, $2, 'snapshot', $3
where not exists (select from ceebus.wanted where taken_at is null and channel = $1 and kind = $2 and action = 'snapshot')
