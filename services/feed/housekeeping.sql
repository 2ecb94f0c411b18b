-- name: sweep_stale
-- Keys whose newest record in the log still is one with a lower version are asked for again; the others have healed by themselves.
with seen as (delete from ceebus.stale where seen_at < now() - $1::interval returning *),
     behind as (select s.channel, s.kind, s.key, s.topic_offset from seen s
                left join lateral (select topic_partition, topic_offset from ceebus.feed f
                                   where f.channel = s.channel and f.kind = s.kind and f.key = s.key offset 0) f on true
                left join lateral (select topic_partition, topic_offset from ceebus.waiting w
                                   where w.channel = s.channel and w.kind = s.kind and w.key = s.key offset 0) w on true
                where coalesce(f.topic_partition, w.topic_partition) = s.topic_partition
                  and greatest(f.topic_offset, w.topic_offset) < s.topic_offset)
insert into ceebus.wanted(channel, kind, key, action, reason)
select channel, kind, key, 'republish', 'stale: the log ends with a lower version at offset ' || topic_offset from behind b
where not exists (select from ceebus.wanted w where w.taken_at is null and w.channel = b.channel and w.kind = b.kind and w.key = b.key)
returning channel, kind, key

-- name: old_markers
-- Channels with removals or lost audiences older than devices are given to fetch them.
select channel from ceebus.feed_position p
where exists (select from ceebus.feed f where f.channel = p.channel and f.removed and f.at < now() - $1::interval)
   or exists (select from ceebus.feed f where f.channel = p.channel and f.left_audience is not null and f.left_at < now() - $1::interval)

-- name: clean_removed
-- Forgets removals, oldest first, at most $3; returns the highest position among them.
with old as (select channel, kind, key from ceebus.feed where channel = $1 and removed and at < now() - $2::interval order by at limit $3),
     gone as (delete from ceebus.feed f using old o where f.channel = o.channel and f.kind = o.kind and f.key = o.key returning f.position)
select count(*) as rows, max(position) as oldest from gone

-- name: clean_left
-- Forgets who lost a row, oldest first, at most $3; returns the highest position among them.
with old as (select channel, kind, key from ceebus.feed
             where channel = $1 and left_audience is not null and left_at < now() - $2::interval order by left_at limit $3),
     gone as (update ceebus.feed f set left_audience = null, left_at = null from old o
              where f.channel = o.channel and f.kind = o.kind and f.key = o.key returning f.position)
select count(*) as rows, max(position) as oldest from gone

-- name: raise_oldest
-- Devices with a cursor below it have missed removals and load everything anew.
update ceebus.feed_position set oldest = greatest(oldest, $2) where channel = $1

-- name: figures
-- Rows that wait and keys that are parked, for the metrics.
select channel, kind, count(*) filter (where outcome = 'waiting') as waiting, count(*) filter (where outcome <> 'waiting') as parked
from ceebus.due group by channel, kind

-- name: old_uploads
-- Channels with uploads that had their final answer longer ago than senders are given to fetch it.
select distinct channel from ceebus.upload where final and final_at < now() - $1::interval

-- name: clean_uploads
-- Forgets uploads and their answers, oldest first, at most $3; a key that has had another answer since keeps that one.
with old as (select channel, kind, source_id, revision, sender, upload_id from ceebus.upload
             where channel = $1 and final and final_at < now() - $2::interval order by final_at limit $3),
     gone as (delete from ceebus.upload u using old o
              where (u.channel, u.kind, u.source_id, u.revision, u.sender, u.upload_id)
                  = (o.channel, o.kind, o.source_id, o.revision, o.sender, o.upload_id)
              returning u.channel, u.sender || '/' || u.source_id || '/' || u.revision as key, u.attempt),
     unsaid as (delete from ceebus.feed f using gone g
                where f.channel = g.channel and f.kind = 'results' and f.key = g.key and f.objectversion = g.attempt)
select count(*) as rows, null::bigint as oldest from gone
