-- name: take_over
-- Makes this process the owner of partitions: the epoch rises, a missing row starts at the log's start.
insert into ceebus.lane_offset(lane, topic, topic_partition, next_offset)
select $1, i.* from unnest($2::text[], $3::int[], $4::bigint[]) as i(topic, topic_partition, log_start)
on conflict (lane, topic, topic_partition) do update set epoch = lane_offset.epoch + 1, updated_at = now()
returning topic, topic_partition, epoch, next_offset

-- name: jump
-- After a gap the lane goes on at the log's start.
update ceebus.lane_offset set next_offset = $4, updated_at = now() where lane = $1 and topic = $2 and topic_partition = $3

-- name: step
-- The lane goes on only from where this owner left it: no row means that another one is ahead (zombie, design.md 7.10).
update ceebus.lane_offset set next_offset = $6, updated_at = now()
where lane = $1 and topic = $2 and topic_partition = $3 and epoch = $4 and next_offset = $5 returning next_offset
