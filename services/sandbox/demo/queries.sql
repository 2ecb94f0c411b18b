-- name: activate
-- As an administrator of CEE would: the source sees it and takes the first snapshot.
update cee.channel set active = true where id = $1

-- name: snapshots
-- How far the snapshots of a channel are.
select kind, state, done, total from ceebus.snapshot where channel = $1 order by id

-- name: reps
-- Reps of the channel, those with most partners of their own first.
select f.key as rep
from ceebus.feed f
left join lateral (
    select count(*) from ceebus.feed p where p.channel = f.channel and p.kind = 'partners' and f.key = any (p.audience)
) own(partners) on true
where f.channel = $1 and f.kind = 'sales-reps' and f.op = 'upsert'
order by own.partners desc, f.key
limit $2

-- name: in_feed
-- What of each kind a rep's device may see.
select kind, count(*) from ceebus.feed
where channel = $1 and op = 'upsert' and not removed and (audience is null or $2 = any (audience))
group by kind

-- name: today
-- The channel's day.
select cee.today(time_zone) from cee.channel where id = $1
