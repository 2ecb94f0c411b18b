-- name: steered
-- What is wanted of a channel's direction.
select mode, queue, held, detached, reason from ceebus.transfer where channel = $1 and direction = $2

-- name: queue_known
-- Whether there is a queue.
select exists(select from ceebus.queue where name = $1)

-- name: busy
-- Whether a run of the channel's direction waits or is at work.
select exists(select from ceebus.run where channel = $1 and direction = $2 and state in ('waiting', 'running'))

-- name: same
-- A run that waits and asks for just this.
select id from ceebus.run
where channel = $1 and direction = $2 and state = 'waiting' and kinds = $3::text[] and since = $4 and since_at is not distinct from $5::timestamptz
  and since_places is not distinct from $6::jsonb and keys is not distinct from $7::text[] and force = $8
order by created_at limit 1

-- name: ask
-- A run that waits for its turn.
insert into ceebus.run(id, channel, direction, kinds, since, since_at, since_places, keys, force, queue, priority, schedule, asked_by, reason, state)
values($1, $2, $3, $4::text[], $5, $6::timestamptz, $7::jsonb, $8::text[], $9, $10, $11, $12, $13, $14, 'waiting')

-- name: ask_kinds
-- Its kinds, in order.
insert into ceebus.run_kind(run, kind, place) select $1, k.kind, k.place from unnest($2::text[]) with ordinality as k(kind, place)
