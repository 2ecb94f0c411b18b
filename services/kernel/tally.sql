-- name: count
-- Adds to the figures of runs; returns them as they are now.
insert into ceebus.run_tally(run, kind, outcome, code, records)
select i.run, i.kind, i.outcome, i.code, i.records
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[]) as i(run, kind, outcome, code, records)
on conflict (run, kind, outcome, code) do update set records = run_tally.records + excluded.records
returning run, kind, outcome, code, records

-- name: uncount
-- Takes from the figures of runs, where there still are any; returns of which.
update ceebus.run_tally t set records = t.records - i.records
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[]) as i(run, kind, outcome, code, records)
cross join lateral (
    select o.ctid as at from ceebus.run_tally o where o.run = i.run and o.kind = i.kind and o.outcome = i.outcome and o.code = i.code offset 0) o
where t.ctid = o.at
returning t.run, t.kind, t.outcome, t.code

-- name: list
-- Records that are not plainly done.
insert into ceebus.run_object(run, kind, key, outcome, code, params)
select i.run, i.kind, i.key, i.outcome, i.code, i.params::jsonb
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) as i(run, kind, key, outcome, code, params)
on conflict (run, kind, key, code) do update set outcome = excluded.outcome, params = excluded.params, at = excluded.at

-- name: unlist
-- They came to another end.
delete from ceebus.run_object where ctid = any (array(
    select r.at from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as i(run, kind, key, code) cross join lateral (
        select o.ctid as at from ceebus.run_object o where o.run = i.run and o.kind = i.kind and o.key = i.key and o.code = i.code offset 0) r))
