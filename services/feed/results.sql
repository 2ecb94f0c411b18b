-- name: final
-- Which of these uploads have their final answer, by their place in the arrays.
select i.n from unnest($2::text[], $3::uuid[], $4::int[], $5::text[], $6::uuid[]) with ordinality as i(kind, source_id, revision, sender, upload_id, n)
cross join lateral (select final from ceebus.upload u
                    where u.channel = $1 and u.kind = i.kind and u.source_id = i.source_id and u.revision = i.revision
                      and u.sender = i.sender and u.upload_id = i.upload_id offset 0) u
where u.final

-- name: note
-- The last answer of uploads; an earlier one comes too late, and the same one again says nothing new.
insert into ceebus.upload(channel, kind, source_id, revision, sender, upload_id, attempt, final, outcome, code, params, warnings, number,
                          received_at, answered_at, final_at)
select $1, i.kind, i.source_id, i.revision, i.sender, i.upload_id, i.attempt, i.final, i.outcome, i.code, i.params::jsonb, i.warnings::jsonb,
       i.number, i.received_at, i.answered_at, i.final_at
from unnest($2::text[], $3::uuid[], $4::int[], $5::text[], $6::uuid[], $7::int[], $8::bool[], $9::text[], $10::text[], $11::text[],
            $12::text[], $13::text[], $14::timestamptz[], $15::timestamptz[], $16::timestamptz[])
     as i(kind, source_id, revision, sender, upload_id, attempt, final, outcome, code, params, warnings, number, received_at, answered_at,
          final_at)
on conflict (channel, kind, source_id, revision, sender, upload_id) do update set
    attempt = excluded.attempt, final = excluded.final, outcome = excluded.outcome, code = excluded.code, params = excluded.params,
    warnings = excluded.warnings, number = excluded.number, received_at = coalesce(excluded.received_at, upload.received_at),
    answered_at = excluded.answered_at, final_at = excluded.final_at
where upload.attempt < excluded.attempt and (excluded.final or not upload.final)
