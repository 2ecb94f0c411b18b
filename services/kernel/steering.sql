-- name: wanted
-- What is wanted of the channels of a direction; the queue is that of a run at work which asked for another one.
select coalesce(t.channel, r.channel) as channel, coalesce(t.mode, 'live') as mode, coalesce(r.queue, t.queue, 'default') as queue,
       coalesce(t.weight, 1) as weight, coalesce(t.held, false) as held, coalesce(t.detached, false) as detached
from (select * from ceebus.transfer where direction = $1) t
full join (select channel, queue from ceebus.run where direction = $1 and state = 'running') r on r.channel = t.channel

-- name: orders
-- Orders to the lanes of a direction.
select * from ceebus.lane_order where starts_with(lane, $1)
