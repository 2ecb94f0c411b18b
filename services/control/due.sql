-- name: list
-- Due records in the order of their keys, without their bytes, and uploads without a final answer. A filter that is null does not filter.
(select d.channel, d.kind, d.key, d.objectversion, d.outcome, d.code, d.params, d.attempts, d.exhausted, d.first_at, d.last_at,
        d.topic, d.topic_partition, d.topic_offset, null as sender, '' as place
 from ceebus.due d
 where (d.channel, d.kind, d.key) > ($1, $2, $3) and ($6::text is null or d.channel = $6) and ($7::text is null or d.kind = $7)
   and ($8::text is null or d.code = $8) and ($9::text is null or d.outcome = $9) and ($10::bool is null or d.exhausted = $10)
 order by d.channel, d.kind, d.key limit $11)
union all
(select u.channel, u.kind, u.key, u.revision, u.outcome, u.code, u.params, u.attempts, u.exhausted, u.first_at, u.last_at,
        null, null, null, u.sender, u.place
 from (select channel, 'import/' || kind as kind, source_id::text collate "C" as key, revision::bigint as revision, outcome, coalesce(code, '') as code,
              params, case when outcome = 'quarantined' then coalesce((params->>'count')::int, 0) else 0 end as attempts,
              outcome = 'quarantined' as exhausted, coalesce(received_at, answered_at) as first_at, answered_at as last_at,
              sender, sender || '/' || upload_id as place
       from ceebus.upload where not final and ($6::text is null or channel = $6)) u
 where (u.channel, u.kind, u.key, u.revision, u.place) > ($1, $2, $3, $4::bigint, $5) and ($7::text is null or u.kind = $7)
   and ($8::text is null or u.code = $8) and ($9::text is null or u.outcome = $9) and ($10::bool is null or u.exhausted = $10)
 order by u.channel, u.kind, u.key, u.revision, u.place limit $11)
order by channel, kind, key, objectversion, place limit $11

-- name: one
-- One due record with its bytes; those of a waiting one stand in `waiting`.
select d.*, w.body as waiting_body, w.missing
from ceebus.due d left join ceebus.waiting w on w.channel = d.channel and w.kind = d.kind and w.key = d.key
where d.channel = $1 and d.kind = $2 and d.key = $3

-- name: chosen
-- The records an operator means: all that fit the filters, or the named keys.
select d.kind, d.key, d.code from ceebus.due d
where d.channel = $1 and ($2::text is null or d.kind = $2) and ($3::text is null or d.code = $3) and ($4::text[] is null or d.key = any($4))
order by d.kind, d.key

-- name: retry
-- The source publishes the keys again as CEE has them now (an answer it can't); one that is asked for already is not asked for twice.
insert into ceebus.wanted(channel, kind, key, action, reason)
select $1, i.kind, i.key, 'republish', $4 from unnest($2::text[], $3::text[]) as i(kind, key)
where i.kind <> 'results' and not exists (select from ceebus.wanted w where w.channel = $1 and w.kind = i.kind and w.key = i.key and w.action = 'republish')

-- name: unexhaust
-- An operator's retry begins to count anew.
update ceebus.due d set attempts = 0, exhausted = false from unnest($2::text[], $3::text[]) as i(kind, key)
where d.channel = $1 and d.kind = i.kind and d.key = i.key

-- name: lock
-- The feed of this channel stands still until our transaction ends: it takes this row first, too.
select last from ceebus.feed_position where channel = $1 for no key update

-- name: discard
-- Takes records off the list for good and remembers that; a newer version of an object comes through as ever.
with gone as (
    delete from ceebus.due d using unnest($2::text[], $3::text[]) as i(kind, key)
    where d.channel = $1 and d.kind = i.kind and d.key = i.key returning d.*
), unheld as (
    delete from ceebus.waiting w using gone g where w.channel = g.channel and w.kind = g.kind and w.key = g.key and not w.soft
    returning w.channel, w.kind, w.key
), unlinked as (
    delete from ceebus.waiting_for f using unheld u where f.channel = u.channel and f.kind = u.kind and f.key = u.key
), remembered as (
    insert into ceebus.ledger as l(channel, kind, key, objectversion, outcome, code, params, at)
    select channel, kind, key, objectversion, 'discarded', code, params || jsonb_build_object('reason', $4::text), now() from gone
    on conflict (channel, kind, key) do update set objectversion = excluded.objectversion, outcome = excluded.outcome,
        code = excluded.code, params = excluded.params, at = excluded.at where l.objectversion <= excluded.objectversion
)
select count(*) from gone
