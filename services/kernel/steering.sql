-- name: wanted
-- What is wanted of the channels of a direction; the queue is that of a run at work which asked for another one.
select coalesce(t.channel, r.channel) as channel, coalesce(t.mode, 'live') as mode, coalesce(r.queue, t.queue, 'default') as queue,
       coalesce(t.weight, 1) as weight, coalesce(t.held, false) as held, coalesce(t.detached, false) as detached
from (select * from ceebus.transfer where direction = $1) t
full join (select channel, queue from ceebus.run where direction = $1 and state = 'running') r on r.channel = t.channel

-- name: orders
-- Orders to the lanes of a direction.
select * from ceebus.lane_order where starts_with(lane, $1)

-- name: hold
-- A lane holds itself; who looks sees why.
with held as (
    insert into ceebus.transfer(channel, direction, held, reason, held_by, held_at) values($1, $2, true, $3, 'lane', now())
    on conflict (channel, direction) do update set held = true, reason = excluded.reason, held_by = 'lane', held_at = now()
    where not transfer.held returning channel)
insert into ceebus.audit(actor, action, channel, object, reason) select 'lane', 'hold', channel, $2, $3 from held
