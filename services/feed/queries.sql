-- name: session
-- Plans for tables of any size, made once: with a planner's guess the whole feed is hashed for every batch.
-- A process that was stopped in the middle of a transaction must not keep the channel's lock from its successor (F04).
set plan_cache_mode = force_generic_plan; set enable_hashjoin = off; set enable_mergejoin = off; set enable_seqscan = off; set jit = off;
set idle_in_transaction_session_timeout = '10s'

-- name: open_channel
-- A channel's first transaction makes its position row.
insert into ceebus.feed_position(channel) values($1) on conflict do nothing

-- name: lock
-- Every transaction of a channel's feed starts here, with a statement of its own: the next one sees what the last owner committed.
select last from ceebus.feed_position where channel = $1 for no key update

-- name: known
-- What the database has of each key, by its place in the arrays; LATERAL ... OFFSET 0 keeps them index look-ups.
select i.n, f.objectversion, f.hash, f.op, f.version, f.audience, f.left_audience, f.removed, f.position,
       coalesce(f.topic_partition, w.topic_partition) as topic_partition, greatest(f.topic_offset, w.topic_offset) as topic_offset,
       w.objectversion as waiting, d.objectversion as due, l.objectversion as ledger, f.run
from unnest($2::text[], $3::text[]) with ordinality as i(kind, key, n)
left join lateral (select * from ceebus.feed f where f.channel = $1 and f.kind = i.kind and f.key = i.key offset 0) f on true
left join lateral (select * from ceebus.waiting w where w.channel = $1 and w.kind = i.kind and w.key = i.key offset 0) w on true
left join lateral (select * from ceebus.due d where d.channel = $1 and d.kind = i.kind and d.key = i.key offset 0) d on true
left join lateral (select * from ceebus.ledger l where l.channel = $1 and l.kind = i.kind and l.key = i.key offset 0) l on true
where coalesce(f.objectversion, w.objectversion, d.objectversion, l.objectversion) is not null

-- name: absent
-- Which of these references are not in the channel's feed; deactivated ones are there, removed ones are not.
select p.kind, p.key from unnest($2::text[], $3::text[]) as p(kind, key)
left join lateral (select true as live from ceebus.feed f where f.channel = $1 and f.kind = p.kind and f.key = p.key and not f.removed offset 0) f on true
where f.live is null

-- name: shown
-- What devices have of these keys, by their place in the arrays.
select i.n, f.body from unnest($2::text[], $3::text[]) with ordinality as i(kind, key, n)
cross join lateral (select body from ceebus.feed f where f.channel = $1 and f.kind = i.kind and f.key = i.key and not f.removed offset 0) f

-- name: put
-- Writes rows of one kind, operation, partition and run. Audiences come as text, one rep a U+001F apart: arrays of arrays must be rectangular.
insert into ceebus.feed(channel, kind, op, topic_partition, key, objectversion, hash, version, body, audience, left_audience, left_at,
                        position, removed, at, event_at, topic_offset, run)
select $1, $2, $3, $4, i.key, i.objectversion, i.hash, i.version, i.body,
       string_to_array(i.audience, e'\x1f'), string_to_array(i.gone, e'\x1f'), case when i.gone is not null then now() end,
       i.position, i.position = 0 or i.body is null, clock_timestamp(), to_timestamp(i.event_ms / 1000.0), i.topic_offset, $5
from unnest($6::text[], $7::bigint[], $8::bytea[], $9::bigint[], $10::bytea[], $11::text[], $12::text[], $13::bigint[], $14::bigint[],
            $15::bigint[])
     as i(key, objectversion, hash, version, body, audience, gone, position, event_ms, topic_offset)
on conflict (channel, kind, key) do update set
    objectversion = excluded.objectversion, hash = excluded.hash, op = excluded.op, version = excluded.version, body = excluded.body,
    audience = excluded.audience, left_audience = excluded.left_audience,
    left_at = case when excluded.left_audience is not distinct from feed.left_audience then feed.left_at else excluded.left_at end,
    removed = excluded.removed, position = excluded.position, at = excluded.at, event_at = excluded.event_at,
    topic_partition = excluded.topic_partition, topic_offset = excluded.topic_offset, run = excluded.run

-- name: touch
-- The same content again, as a later state: its version and its place in the log move, its position doesn't.
update ceebus.feed f set objectversion = i.objectversion, topic_offset = i.topic_offset
from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[]) as i(kind, key, objectversion, topic_offset)
cross join lateral (select o.ctid as at from ceebus.feed o where o.channel = $1 and o.kind = i.kind and o.key = i.key offset 0) o
where f.ctid = o.at

-- name: hold
-- Keeps versions whose parents are missing, beside the visible ones.
insert into ceebus.waiting(channel, kind, key, objectversion, hash, op, version, body, audience, topic_partition, topic_offset, event_at, run,
                           missing, soft)
select $1, i.kind, i.key, i.objectversion, i.hash, i.op, i.version, i.body, string_to_array(i.audience, e'\x1f'),
       i.topic_partition, i.topic_offset, to_timestamp(i.event_ms / 1000.0), i.run, i.missing::jsonb, i.soft
from unnest($2::text[], $3::text[], $4::bigint[], $5::bytea[], $6::text[], $7::bigint[], $8::bytea[], $9::text[], $10::int[], $11::bigint[],
            $12::bigint[], $13::uuid[], $14::text[], $15::bool[])
     as i(kind, key, objectversion, hash, op, version, body, audience, topic_partition, topic_offset, event_ms, run, missing, soft)

-- name: hold_for
-- Remembers whom they wait for.
insert into ceebus.waiting_for(channel, parent_kind, parent_key, kind, key, soft)
select $1, i.* from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bool[]) as i(parent_kind, parent_key, kind, key, soft)
on conflict do nothing

-- name: hold_due
-- A waiting version is due; it neither counts as an attempt nor hides a newer version that was refused.
insert into ceebus.due(channel, kind, key, objectversion, outcome, code, params, topic, topic_partition, topic_offset)
select $1, i.kind, i.key, i.objectversion, 'waiting', 'reference_missing', i.params::jsonb, i.topic, i.topic_partition, i.topic_offset
from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::int[], $8::bigint[])
     as i(kind, key, objectversion, params, topic, topic_partition, topic_offset)
on conflict (channel, kind, key) do update set
    objectversion = excluded.objectversion, outcome = excluded.outcome, code = excluded.code, params = excluded.params, attempts = 0,
    exhausted = false, first_at = case when due.objectversion = excluded.objectversion then due.first_at else excluded.first_at end,
    last_at = excluded.last_at, topic = excluded.topic, topic_partition = excluded.topic_partition, topic_offset = excluded.topic_offset,
    value = null, headers = null, state = null
where due.objectversion <= excluded.objectversion

-- name: settle_waiting
-- Nothing of these keys waits any more. By ctid, as in the statements below: joined with the keys themselves, a table that was nearly
-- empty when it was analysed last is read once for each batch, and its rows compared with all keys: seconds at a hundred thousand rows.
with settled as materialized (select * from unnest($2::text[], $3::text[]) as s(kind, key)),
     freed as (delete from ceebus.waiting_for where ctid = any (array(
         select w.at from settled s cross join lateral (
             select o.ctid as at from ceebus.waiting_for o where o.channel = $1 and o.kind = s.kind and o.key = s.key offset 0) w)))
delete from ceebus.waiting where ctid = any (array(
    select w.at from settled s cross join lateral (
        select o.ctid as at from ceebus.waiting o where o.channel = $1 and o.kind = s.kind and o.key = s.key offset 0) w))

-- name: settle_due
-- A record of the key at or above the refused version has arrived.
delete from ceebus.due where ctid = any (array(
    select d.at from unnest($2::text[], $3::text[]) as s(kind, key) cross join lateral (
        select o.ctid as at from ceebus.due o where o.channel = $1 and o.kind = s.kind and o.key = s.key offset 0) d))

-- name: settle_ledger
-- The remark was about an older version.
delete from ceebus.ledger where ctid = any (array(
    select l.at from unnest($2::text[], $3::text[]) as s(kind, key) cross join lateral (
        select o.ctid as at from ceebus.ledger o where o.channel = $1 and o.kind = s.kind and o.key = s.key offset 0) l))

-- name: late
-- Later in the log with a lower version: if it still is the key's newest record after a while, the source publishes the key again.
insert into ceebus.stale(channel, kind, key, topic_partition, topic_offset)
select $1, i.* from unnest($2::text[], $3::text[], $4::int[], $5::bigint[]) as i(kind, key, topic_partition, topic_offset)
on conflict (channel, kind, key) do update set
    seen_at = excluded.seen_at, topic_partition = excluded.topic_partition, topic_offset = excluded.topic_offset
where stale.topic_offset < excluded.topic_offset

-- name: arrived
-- Parents that became live and have children waiting: these are to be judged again.
insert into ceebus.release(channel, parent_kind, parent_key)
select $1, i.kind, i.key from unnest($2::text[], $3::text[]) as i(kind, key)
cross join lateral (select from ceebus.waiting_for w where w.channel = $1 and w.parent_kind = i.kind and w.parent_key = i.key limit 1) w
on conflict do nothing

-- name: released
-- Children of parents that arrived, at most $2; $3: also those that only left the parent out.
select c.kind, c.key from ceebus.release r
cross join lateral (
    select w.kind, w.key from ceebus.waiting_for w
    where w.channel = r.channel and w.parent_kind = r.parent_kind and w.parent_key = r.parent_key and ($3 or not w.soft)
    order by w.kind, w.key limit $2) c
where r.channel = $1 limit $2

-- name: waiting
-- The full versions that wait.
select w.* from unnest($2::text[], $3::text[]) as i(kind, key)
cross join lateral (select * from ceebus.waiting w where w.channel = $1 and w.kind = i.kind and w.key = i.key offset 0) w

-- name: release_done
-- Parents whose children have all been judged, and those that are gone again.
delete from ceebus.release r where r.channel = $1 and (
    (select true from ceebus.waiting_for w  -- no `exists`: that may be answered by hashing all that waits
     where w.channel = r.channel and w.parent_kind = r.parent_kind and w.parent_key = r.parent_key limit 1) is null
    or (r.parent_kind, r.parent_key) in (select * from unnest($2::text[], $3::text[])))

-- name: release_channels
-- Channels in which something is to be released.
select distinct channel from ceebus.release

-- name: advance
-- The channel's last position; devices that listen are told.
with moved as (update ceebus.feed_position set last = $2 where channel = $1 returning channel) select pg_notify('ceebus_feed', channel) from moved

-- name: step
-- The lane goes on only from where this owner left it: a row that is missing means that another one is ahead (zombie, design.md 7.10).
update ceebus.lane_offset o set next_offset = i.after, updated_at = now()
from unnest($1::text[], $2::int[], $3::int[], $4::bigint[], $5::bigint[]) as i(topic, topic_partition, epoch, expected, after)
where o.lane = 'feed' and o.topic = i.topic and o.topic_partition = i.topic_partition and o.epoch = i.epoch and o.next_offset = i.expected
returning o.topic, o.topic_partition
