-- name: refuse
-- Puts refused versions on the due list, unless their key has been delivered at that version or above. Failed deliveries of one state are
-- attempts; with the $14th the entry is exhausted. Returns what became of them.
with counted as (
    select i.*, case when i.code <> 'delivery_failed' then 0 else 1 + coalesce(d.attempts, 0) end as attempts,
           coalesce(d.first_at, now()) as first_at
    from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[], $10::bigint[], $11::bytea[],
                $12::text[], $13::bytea[])
         as i(kind, key, objectversion, outcome, code, params, topic, topic_partition, topic_offset, value, headers, state)
    left join lateral (select objectversion from ceebus.feed f where f.channel = $1 and f.kind = i.kind and f.key = i.key offset 0) f on true
    left join lateral (select attempts, first_at from ceebus.due d
                       where d.channel = $1 and d.kind = i.kind and d.key = i.key and d.state = i.state offset 0) d on true
    where f.objectversion is null or f.objectversion < i.objectversion),
     judged as (select *, code = 'delivery_failed' and attempts >= $14::int as exhausted from counted)
insert into ceebus.due(channel, kind, key, objectversion, outcome, code, params, attempts, exhausted, first_at, topic, topic_partition,
                       topic_offset, value, headers, state)
select $1, kind, key, objectversion, case when exhausted then 'quarantined' else outcome end,
       case when exhausted then 'attempts_exhausted' else code end,
       case when exhausted then params::jsonb || jsonb_build_object('count', attempts) else params::jsonb end,
       attempts, exhausted, first_at, topic, topic_partition, topic_offset, value, headers::jsonb, state
from judged
on conflict (channel, kind, key) do update set
    objectversion = excluded.objectversion, outcome = excluded.outcome, code = excluded.code, params = excluded.params,
    attempts = excluded.attempts, exhausted = excluded.exhausted,
    first_at = case when due.objectversion = excluded.objectversion then due.first_at else excluded.first_at end,
    last_at = excluded.last_at, topic = excluded.topic, topic_partition = excluded.topic_partition, topic_offset = excluded.topic_offset,
    value = excluded.value, headers = excluded.headers, state = excluded.state
where due.objectversion <= excluded.objectversion
returning kind, key, attempts, exhausted

-- name: enter
-- The ledger: the last word on keys that are not plainly in the feed, unless a newer version has been delivered.
insert into ceebus.ledger(channel, kind, key, objectversion, outcome, code, params)
select $1, i.kind, i.key, i.objectversion, i.outcome, i.code, i.params::jsonb
from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[]) as i(kind, key, objectversion, outcome, code, params)
left join lateral (select objectversion from ceebus.feed f where f.channel = $1 and f.kind = i.kind and f.key = i.key offset 0) f on true
where f.objectversion is null or f.objectversion <= i.objectversion
on conflict (channel, kind, key) do update set
    objectversion = excluded.objectversion, outcome = excluded.outcome, code = excluded.code, params = excluded.params, at = excluded.at
where ledger.objectversion <= excluded.objectversion

-- name: overtake
-- A later state of the key got its final outcome: what was due or waiting of older ones is over.
with final as materialized (select * from unnest($2::text[], $3::text[], $4::bigint[]) as i(kind, key, objectversion)),
     gone as (delete from ceebus.waiting where ctid = any (array(
         select w.at from final i cross join lateral (
             select o.ctid as at from ceebus.waiting o
             where o.channel = $1 and o.kind = i.kind and o.key = i.key and o.objectversion <= i.objectversion offset 0) w)) returning kind, key),
     freed as (delete from ceebus.waiting_for where ctid = any (array(
         select w.at from gone g cross join lateral (
             select o.ctid as at from ceebus.waiting_for o where o.channel = $1 and o.kind = g.kind and o.key = g.key offset 0) w)))
delete from ceebus.due where ctid = any (array(
    select d.at from final i cross join lateral (
        select o.ctid as at from ceebus.due o
        where o.channel = $1 and o.kind = i.kind and o.key = i.key and o.objectversion <= i.objectversion offset 0) d))
