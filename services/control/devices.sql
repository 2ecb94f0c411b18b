-- name: list
-- Devices by id.
select d.id, d.channel, d.rep, d.name, d.state, d.enrolled_at, d.enrol_expires_at, d.revoked_at, d.last_seen_at, d.db_epoch,
       a.data_position, a.attachments_position, a.acked_at, a.feed_epoch = p.epoch as valid, p.last
from ceebus.device d left join ceebus.device_ack a on a.device = d.id and a.channel = d.channel
left join ceebus.feed_position p on p.channel = d.channel
where d.id > $1 and ($2::text is null or d.channel = $2) and ($3::text is null or d.rep = $3) and ($4::text is null or d.state = $4)
order by d.id limit $5

-- name: one
-- One device.
select d.id, d.channel, d.rep, d.name, d.state, d.enrolled_at, d.enrol_expires_at, d.revoked_at, d.last_seen_at, d.db_epoch,
       a.data_position, a.attachments_position, a.acked_at, a.feed_epoch = p.epoch as valid, p.last
from ceebus.device d left join ceebus.device_ack a on a.device = d.id and a.channel = d.channel
left join ceebus.feed_position p on p.channel = d.channel
where d.id = $1

-- name: state
-- What an action changes of a device; nobody else does until our transaction ends.
select channel, rep, name, state from ceebus.device where id = $1 for no key update

-- name: behind
-- How long active devices lack something that is for them: age of the first row above what each has, by feed order.
-- One that has nothing yet could not have it before it was enrolled. No row for one that lacks nothing.
select d.id, extract(epoch from now() - min(case when a.device is null then greatest(x.at, d.enrolled_at) else x.at end))::float8 as behind_s
from ceebus.device d join ceebus.feed_position p on p.channel = d.channel
left join ceebus.device_ack a on a.device = d.id and a.channel = d.channel and a.feed_epoch = p.epoch
cross join lateral (
    (select coalesce(f.event_at, f.at) as at from ceebus.feed f
     where f.channel = d.channel and f.kind <> 'attachments' and f.position > coalesce(a.data_position, 0)
       and (f.audience is null or array[d.rep, 'device/' || d.id, '*'] && (f.audience || f.left_audience)) order by f.position limit 1)
    union all
    (select coalesce(f.event_at, f.at) from ceebus.feed f
     where f.channel = d.channel and f.kind = 'attachments' and f.position > coalesce(a.attachments_position, 0)
       and (f.audience is null or array[d.rep, 'device/' || d.id, '*'] && (f.audience || f.left_audience)) order by f.position limit 1)) x
where d.id = any($1::text[]) and d.state = 'active' group by d.id

-- name: add
-- A new device, waiting for its enrolment code; no row when the id is taken.
insert into ceebus.device(id, channel, rep, name, state, enrol_hash, enrol_expires_at)
values($1, $2, $3, $4, 'enrolled', $5, now() + $6 * interval '1 second')
on conflict (id) do nothing returning enrol_expires_at

-- name: renew
-- Another code for a device, whatever its state: its session ends, and it is a new one once the code is used.
update ceebus.device set state = 'enrolled', enrol_hash = $2, enrol_expires_at = now() + $3 * interval '1 second', revoked_at = null,
       name = coalesce($4, name), session = null, refresh_hash = null, refresh_prev_hash = null
where id = $1 returning enrol_expires_at

-- name: revoke
-- Out at once: the gateway looks at the state at every request. Asked twice it keeps the first moment.
update ceebus.device set state = 'revoked', revoked_at = coalesce(revoked_at, now()), enrol_hash = null, enrol_expires_at = null,
       session = null, refresh_hash = null, refresh_prev_hash = null
where id = $1 returning id

-- name: rep
-- Whether the channel's feed has this rep.
select op from ceebus.feed where channel = $1 and kind = 'sales-reps' and key = $2 and not removed
