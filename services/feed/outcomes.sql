-- name: refuse
-- Puts refused versions on the due list, unless their key has been delivered at that version or above.
insert into ceebus.due(channel, kind, key, objectversion, outcome, code, params, attempts, topic, topic_partition, topic_offset, value, headers)
select $1, i.kind, i.key, i.objectversion, i.outcome, i.code, i.params::jsonb, case when i.outcome = 'waiting' then 0 else 1 end,
       i.topic, i.topic_partition, i.topic_offset, i.value, i.headers::jsonb
from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[], $10::bigint[], $11::bytea[],
            $12::text[]) as i(kind, key, objectversion, outcome, code, params, topic, topic_partition, topic_offset, value, headers)
left join lateral (select objectversion from ceebus.feed f where f.channel = $1 and f.kind = i.kind and f.key = i.key offset 0) f on true
where f.objectversion is null or f.objectversion < i.objectversion
on conflict (channel, kind, key) do update set
    objectversion = excluded.objectversion, outcome = excluded.outcome, code = excluded.code, params = excluded.params,
    attempts = excluded.attempts + case when due.objectversion = excluded.objectversion then due.attempts else 0 end,
    exhausted = due.exhausted and due.objectversion = excluded.objectversion,
    first_at = case when due.objectversion = excluded.objectversion then due.first_at else excluded.first_at end,
    last_at = excluded.last_at, topic = excluded.topic, topic_partition = excluded.topic_partition, topic_offset = excluded.topic_offset,
    value = excluded.value, headers = excluded.headers
where due.objectversion <= excluded.objectversion

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
with final as (select * from unnest($2::text[], $3::text[], $4::bigint[]) as i(kind, key, objectversion)),
     gone as (delete from ceebus.waiting w using final i
              where w.channel = $1 and w.kind = i.kind and w.key = i.key and w.objectversion <= i.objectversion returning w.kind, w.key),
     freed as (delete from ceebus.waiting_for w using gone g where w.channel = $1 and w.kind = g.kind and w.key = g.key)
delete from ceebus.due d using final i where d.channel = $1 and d.kind = i.kind and d.key = i.key and d.objectversion <= i.objectversion
