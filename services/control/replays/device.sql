-- name: start
-- Where a device ($2: its channel) starts again: before the first row whose present state was written at or after $3.
-- `at` grows with the position, but a clock may have been put back: the lowest position counts, and what lies above it comes too.
select coalesce(min(f.position) filter (where f.kind <> 'attachments') - 1, p.last) as data,
       coalesce(min(f.position) filter (where f.kind = 'attachments') - 1, p.last) as attachments
from ceebus.feed_position p left join ceebus.feed f on f.channel = p.channel and f.at >= $2::timestamptz and f.position > 0
where p.channel = $1 group by p.last

-- name: ask
-- One open replay a device: what was asked for before and is not done yet is in the new one, which has a number of its own.
insert into ceebus.device_replay as had(device, since, data_position, attachments_position, whole, reason, asked_by)
values($1, $2, $3, $4, $5, $6, $7)
on conflict (device) where done_at is null do update set
    id = excluded.id, since = case when had.whole or excluded.whole then null else least(had.since, excluded.since) end,
    data_position = least(had.data_position, excluded.data_position),
    attachments_position = least(had.attachments_position, excluded.attachments_position),
    whole = had.whole or excluded.whole, reason = excluded.reason, asked_by = excluded.asked_by, asked_at = now(),
    taken_at = null, data_done = false, attachments_done = false

-- name: newest
-- The last replay of a device, with what it may see above its positions.
select r.id, r.device, d.channel, r.since, r.whole, r.data_position, r.attachments_position, r.reason, r.asked_by, r.asked_at, r.taken_at,
       r.data_done, r.attachments_done, r.done_at,
       case when r.done_at is not null then 'done' when r.taken_at is not null then 'taken' else 'asked' end as state,
       (select count(*) from ceebus.feed f
        where f.channel = d.channel and f.position > case when f.kind = 'attachments' then r.attachments_position else r.data_position end
          and (f.audience is null or d.rep = any(f.audience) or 'device/' || d.id = any(f.audience))) as rows
from ceebus.device_replay r join ceebus.device d on d.id = r.device
where r.device = $1 order by r.id desc limit 1
