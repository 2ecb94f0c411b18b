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

-- name: waiting
-- Runs that may start now, each queue's in its order, one of each channel and direction.
with busy as (select queue, count(*) as at_work from ceebus.run where state = 'running' group by queue),
candidates as (
    select r.*, row_number() over (partition by r.channel, r.direction order by r.priority, r.starts_at, r.created_at, r.id) as first
    from ceebus.run r
    where r.state = 'waiting' and not exists (
        select from ceebus.run o where o.channel = r.channel and o.direction = r.direction and o.state = 'running')
), placed as (
    select c.*, row_number() over (partition by c.queue order by c.priority, c.starts_at, c.created_at, c.id) as place
    from candidates c where c.first = 1
)
select p.* from placed p join ceebus.queue q on q.name = p.queue left join busy b on b.queue = p.queue
where not q.paused and p.place <= q.slots - coalesce(b.at_work, 0) order by p.priority, p.starts_at, p.created_at

-- name: due
-- Scheduled runs whose time has come.
update ceebus.run set state = 'waiting' where state = 'scheduled' and starts_at <= now() returning id

-- name: overlapping
-- Why the others of a channel wait: another run, or no slot.
update ceebus.run r set code = w.code, detail = w.detail
from (select r.id, case when o.id is not null then 'run_overlap' end as code,
             case when o.id is not null then 'run ' || o.id || ' is at work' when q.paused then 'queue ' || q.name || ' is paused'
                  else 'no free slot in queue ' || q.name end as detail
      from ceebus.run r join ceebus.queue q on q.name = r.queue
      left join ceebus.run o on o.channel = r.channel and o.direction = r.direction and o.state = 'running'
      where r.state = 'waiting') w
where r.id = w.id and (r.code, r.detail) is distinct from (w.code, w.detail)

-- name: start
-- A run is at work; none where another process was faster.
update ceebus.run set state = $2, started_at = coalesce(started_at, now()), code = null, detail = null, cancelling = false
where id = $1 and state = 'waiting' returning id

-- name: running
-- Runs at work.
select * from ceebus.run where state = 'running' order by started_at, id

-- name: one
-- A run.
select * from ceebus.run where id = $1

-- name: lock
-- A run, for a change of its state.
select * from ceebus.run where id = $1 for update

-- name: kinds
-- How far the kinds of runs are.
select * from ceebus.run_kind where run = any($1::uuid[]) order by run, place

-- name: begin_kind
-- A kind is asked for.
update ceebus.run_kind set phase = $3, started_at = coalesce(started_at, now()), marker_before = coalesce(marker_before, $4::jsonb), bounds = $5::jsonb
where run = $1 and kind = $2

-- name: read_kind
-- Its lane reads up to the bounds; `seq` of the order, null: it needs none.
update ceebus.run_kind set phase = 'read', bounds = $3::jsonb, seq = $4, selected = $5 where run = $1 and kind = $2

-- name: deliver_kind
-- Feed or writer must get as far as this.
update ceebus.run_kind set phase = 'deliver', deliver = $3::jsonb where run = $1 and kind = $2

-- name: finish_kind
-- Everything of the kind was settled.
update ceebus.run_kind set phase = 'done', marker_after = $3::jsonb, finished_at = now() where run = $1 and kind = $2

-- name: again_kind
-- After a resume: what had not come to its end is asked for anew.
update ceebus.run_kind set phase = 'pending', seq = null, deliver = null where run = $1 and phase <> 'done'

-- name: want_due
-- Every last-transfer run tries the due records of its kinds first (domain.md 6); exhausted ones wait for an operator.
insert into ceebus.wanted(channel, kind, key, action, reason, run, force)
select d.channel, d.kind, d.key, 'republish', 'due in a run', $3, $4 from ceebus.due d
where d.channel = $1 and d.kind = $2 and not d.exhausted

-- name: want_keys
-- Chosen keys.
insert into ceebus.wanted(channel, kind, key, action, reason, run, force)
select $1, $2, k, 'republish', 'chosen in a run', $4, $5 from unnest($3::text[]) as k

-- name: want_whole
-- The whole state of kinds: `action` snapshot, resume or cancel.
insert into ceebus.wanted(channel, kind, key, action, reason, run, force)
select $1, k, '', $3, 'run ' || $4::uuid, $4::uuid, $5 from unnest($2::text[]) as k

-- name: want_uploads
-- Uploads that wait are judged again.
insert into ceebus.wanted(channel, kind, key, action, reason, run)
select distinct u.channel, 'import/' || u.kind, u.source_id::text, 'retry', 'due in a run', $3::uuid from ceebus.upload u
where u.channel = $1 and u.kind = $2 and not u.final and u.outcome = 'waiting' and ($4::text[] is null or u.source_id::text = any($4))

-- name: still_wanted
-- How much of a kind is still to be done for the run.
select count(*) from ceebus.wanted where run = $1 and kind = $2

-- name: unwanted
-- Nothing more is wanted for a run.
delete from ceebus.wanted where run = $1 and action <> 'cancel'

-- name: order
-- An order to a lane; it stands until the run is done with the topic.
insert into ceebus.lane_order(lane, topic, seq, run, force, bounds, seeks, own, keys)
values($1, $2, nextval('ceebus.lane_order_seq'), $3, $4, $5::jsonb, $6::jsonb, $7, $8::text[])
on conflict (lane, topic) do update set seq = excluded.seq, run = excluded.run, force = excluded.force, bounds = excluded.bounds,
    seeks = excluded.seeks, markers = '{}', own = excluded.own, keys = excluded.keys
returning seq

-- name: drop_orders
-- A run has nothing more to say to its lanes; $2 null: about all topics.
delete from ceebus.lane_order where run = $1 and ($2::text is null or topic = $2)

-- name: places
-- Where a lane stands in a topic.
select topic_partition, next_offset, position, until, taken_seq, done_seq from ceebus.lane_offset where lane = $1 and topic = $2

-- name: reached
-- Where a lane with effects stands in these topics.
select topic, topic_partition, next_offset from ceebus.lane_offset where lane = $1 and topic = any($2::text[])

-- name: finish
-- A run has come to an end.
update ceebus.run set state = $2, finished_at = now(), code = $3, detail = $4, report = $5::jsonb, cancelling = false where id = $1 and state = 'running'

-- name: cancel_waiting
-- A run that has not begun is called off.
update ceebus.run set state = 'cancelled', finished_at = now(), reason = coalesce($2, reason) where id = $1

-- name: cancelling
-- A run at work is to end at the next batch border.
update ceebus.run set cancelling = true, reason = coalesce($2, reason) where id = $1

-- name: resume
-- A run that failed or was cancelled waits for its turn again.
update ceebus.run set state = 'waiting', finished_at = null, code = null, detail = null, cancelling = false where id = $1

-- name: say
-- What holds a run at work up, for people.
update ceebus.run set detail = $2 where id = $1 and detail is distinct from $2

-- name: tally
-- What became of a run's records, as the feed counted them.
select kind, outcome, code, records from ceebus.run_tally where run = $1

-- name: note_markers
-- Where a run has left the marker.
insert into ceebus.marker_history(lane, topic, topic_partition, next_offset, before_offset, cause, run)
select $1, $2, i.number, i.after, i.before, 'run', $6 from unnest($3::int[], $4::bigint[], $5::bigint[]) as i(number, before, after)

-- name: every_steered
-- What is wanted of all channels.
select channel, direction, mode, queue, held, detached, reason from ceebus.transfer

-- name: list
-- Runs, the newest first; a filter that is null does not filter.
select r.*, (extract(epoch from r.created_at) * 1000000)::bigint as created_us, coalesce(t.held, false) as held
from ceebus.run r left join ceebus.transfer t using (channel, direction)
where ((extract(epoch from r.created_at) * 1000000)::bigint, r.id::text collate "C") < ($1::bigint, $2::text collate "C")
  and ($3::text is null or r.channel = $3) and ($4::text is null or r.direction = $4) and ($5::text[] is null or r.state = any($5))
order by r.created_at desc, r.id::text collate "C" desc limit $6

-- name: forgotten
-- Runs that ended long ago go, with what was counted of them.
with old as (delete from ceebus.run where finished_at < now() - interval '90 days' returning id),
     tally as (delete from ceebus.run_tally t using old where t.run = old.id),
     objects as (delete from ceebus.run_object o using old where o.run = old.id)
select id from old
