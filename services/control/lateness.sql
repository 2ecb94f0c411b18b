-- name: positions
-- Where the exporters' and the feed's lanes go on (the exporters' are copies, never ahead of Kafka's).
select lane, topic, topic_partition, next_offset from ceebus.lane_offset where lane = any($1::text[])

-- name: slow
-- By channel and rep the active devices that lack something: the slowest position of each group, and since when the first of those
-- is there that have never had a complete download of this life of the feed.
select d.channel, d.rep, min(a.data_position) as data, min(a.attachments_position) as attachments,
       extract(epoch from min(d.enrolled_at) filter (where a.device is null))::float8 * 1000 as never_ms
from ceebus.device d join ceebus.feed_position p on p.channel = d.channel
left join ceebus.device_ack a on a.device = d.id and a.channel = d.channel and a.feed_epoch = p.epoch
where d.state = 'active' and d.channel = any($1::text[]) and p.last > 0
group by d.channel, d.rep, p.last
having bool_or(a.device is null or a.data_position < p.last or a.attachments_position < p.last)

-- name: with_devices
-- Channels that have an active device.
select c as channel from unnest($1::text[]) as c where exists (select from ceebus.device where channel = c and state = 'active')

-- name: kinds
-- Kinds of which the channel's feed has something.
select k as kind from unnest($2::text[]) as k
where exists (select from ceebus.feed f where f.channel = $1 and f.kind = k and not f.removed)

-- name: unacknowledged
-- By kind the oldest change above the slowest device that it is for. $2, $3: the lowest positions; $4, $5: {rep: his lowest}.
select kind, extract(epoch from min(coalesce(event_at, at)))::float8 * 1000 as at_ms
from ceebus.feed
where channel = $1 and kind <> 'attachments' and position > $2
  and (audience is null or exists (select from unnest(audience || left_audience) as a(rep)
                                   where a.rep = '*' or ($4::jsonb ->> a.rep)::bigint < position))
group by kind
union all
select 'attachments', extract(epoch from min(coalesce(event_at, at)))::float8 * 1000
from ceebus.feed
where channel = $1 and kind = 'attachments' and position > $3
  and (audience is null or exists (select from unnest(audience || left_audience) as a(rep)
                                   where a.rep = '*' or ($5::jsonb ->> a.rep)::bigint < position))
having count(*) > 0
