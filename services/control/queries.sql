-- name: feed
-- A channel's feed by kind: live rows, deactivated ones, and those that every active device has ($2 data, $3 attachments).
select kind,
       count(*) filter (where not removed and op = 'upsert') as live,
       count(*) filter (where not removed and op = 'deactivate') as deactivated,
       count(*) filter (where not removed and op = 'upsert'
                        and position <= case when kind = 'attachments' then $3::bigint else $2::bigint end) as on_devices
from ceebus.feed where channel = $1 group by kind

-- name: due
-- What is due, by kind and code.
select kind, code, count(*) as count, count(*) filter (where exhausted) as exhausted,
       extract(epoch from now() - min(first_at))::float8 as age_s
from ceebus.due where channel = $1 group by kind, code order by kind, code

-- name: waiting
-- Versions that wait for a parent and are not visible meanwhile.
select kind, count(*) as count from ceebus.waiting where channel = $1 and not soft group by kind

-- name: position
-- How far the channel's feed is.
select last, oldest, epoch from ceebus.feed_position where channel = $1

-- name: devices_behind
-- Active devices of a channel and how far the slowest is; an acknowledgement of another life of the feed counts as nothing.
select count(*) as active,
       coalesce(min(case when a.feed_epoch = p.epoch then a.data_position else 0 end), 0) as data_position,
       coalesce(min(case when a.feed_epoch = p.epoch then a.attachments_position else 0 end), 0) as attachments_position,
       count(*) filter (where a.feed_epoch = p.epoch and a.data_position >= p.last) as complete
from ceebus.device d left join ceebus.feed_position p on p.channel = d.channel
left join ceebus.device_ack a on a.device = d.id and a.channel = d.channel
where d.channel = $1 and d.state = 'active'

-- name: feed_offsets
-- Where the feed goes on in these topics.
select topic, topic_partition, next_offset from ceebus.lane_offset where lane = 'feed' and topic = any($1::text[])

-- name: releasing
-- Parents that came after their children, by kind: the feed has still to look at these.
select parent_kind as kind, count(*) as parents from ceebus.release where channel = $1 group by parent_kind

-- name: sources
-- Kinds that do not come from CEE.
select channel, kind, source from ceebus.channel_source where channel = any($1::text[])

-- name: set_source
-- Says where a kind comes from; answers what it was before, if that was said.
with had as (select source from ceebus.channel_source where channel = $1 and kind = $2)
insert into ceebus.channel_source as c(channel, kind, source) values($1, $2, $3)
on conflict (channel, kind) do update set source = excluded.source
returning (select source from had) as before

-- name: want_snapshot
-- The kind is read again from CEE, unless that was asked for already.
insert into ceebus.wanted(channel, kind, action, reason)
select $1, $2, 'snapshot', $3
where not exists (select from ceebus.wanted where channel = $1 and kind = $2 and key = '' and action = 'snapshot')
returning id

-- name: wanted
-- What is still to be done by the source.
select id, channel, kind, key, action, reason, created_at, taken_at, attempts, next_at
from ceebus.wanted where id > $1 and ($2::text is null or channel = $2) order by id limit $3

-- name: rejected
-- Lines an ingest could not take, the newest first.
select id, channel, kind, line, code, params, raw, at
from ceebus.ingest_rejected where channel = $1 and id < $2 and ($3::text is null or kind = $3) order by id desc limit $4
