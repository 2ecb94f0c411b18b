-- name: chosen
-- The open uploads an operator means, by the object they are about.
select distinct 'import/' || u.kind as kind, u.source_id::text collate "C" as key from ceebus.upload u
where u.channel = $1 and not u.final and ($2::text is null or 'import/' || u.kind = $2) and ($3::text is null or u.code = $3)
  and ($4::text[] is null or u.source_id::text = any($4))
order by 1, 2

-- name: ask
-- The writer does it; what it is asked for already it is not asked for twice.
insert into ceebus.wanted(channel, kind, key, action, reason)
select $1, i.kind, i.key, $4, $5 from unnest($2::text[], $3::text[]) as i(kind, key)
where not exists (select from ceebus.wanted w where w.channel = $1 and w.kind = i.kind and w.key = i.key and w.action = $4)

-- name: open
-- The open uploads of one object, the oldest revision first.
select *, source_id::text as source from ceebus.upload where channel = $1 and kind = $2 and source_id = $3 and not final
order by revision, sender, upload_id

-- name: status
-- Uploads of a channel by kind and outcome.
select kind, outcome, code, count(*) as count, count(*) filter (where warnings <> '[]') as warned,
       extract(epoch from now() - min(coalesce(received_at, answered_at)) filter (where not final))::float8 as waiting_age_s
from ceebus.upload where channel = $1 group by kind, outcome, code order by kind, outcome, code

-- name: results
-- Answers, the newest first. A filter that is null does not filter; a code is also found among the warnings.
select kind, source_id::text collate "C" as source_id, revision, sender, upload_id::text collate "C" as upload_id, attempt, final, outcome,
       code, params, warnings, number, received_at, answered_at, final_at, (extract(epoch from answered_at) * 1000)::bigint as answered_ms
from ceebus.upload
where channel = $1 and answered_at <= timestamptz 'epoch' + $2::bigint * interval '1 millisecond'
  and (answered_at, source_id::text collate "C", revision, sender, upload_id::text collate "C")
      < (timestamptz 'epoch' + $2::bigint * interval '1 millisecond', $3, $4::int, $5, $6)
  and ($7::text is null or sender = $7) and ($8::text is null or kind = $8) and ($9::text is null or outcome = $9)
  and ($10::text is null or code = $10 or exists (select from jsonb_array_elements(warnings) w where w->>'code' = $10))
  and ($11::bool is null or final = $11)
order by answered_at desc, source_id::text collate "C" desc, revision desc, sender desc, upload_id::text collate "C" desc limit $12
