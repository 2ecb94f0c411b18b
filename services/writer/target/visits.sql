-- name: moment
-- CEE's now.
select $1::timestamptz + make_interval(days => days) from cee.clock

-- name: partners
-- Partners in CEE, by number or by the source_id they were born with.
select n as called, p.number from unnest($2::text[]) n join cee.partner p on p.number = n
union all
select i.source_id::text, p.number
from ceebus.imported i join cee.partner p on p.number = i.number
where i.channel = $1 and i.kind = 'partners' and i.source_id = any ($3::uuid[])

-- name: reps
-- The channel's reps among those named, and whether they are users of CEE.
select r.number, coalesce(r.cee_user, '') <> '' as is_user
from cee.rep_profile f join cee.rep r on r.number = f.rep
where f.channel = $1 and f.rep = any ($2::text[])

-- name: elsewhere
-- Source_ids that are visits of other channels: nobody else's visit is overwritten.
select source_id::text from cee.visit where source_id = any ($2::uuid[]) and channel <> $1

-- name: put
-- Visits as their devices have them now.
insert into cee.visit as v (channel, source_id, number, name, visit_type, partner, address, rep, planned_start, planned_end, all_day, actual_start,
    priority, description, status, origin_revision)
select $1, source_id, number, name, visit_type, partner, address, rep, planned_start, planned_end, all_day, actual_start,
    priority, description, status, revision
from jsonb_to_recordset($2::jsonb) r(source_id uuid, number text, name text, visit_type text, partner text, address uuid, rep text,
    planned_start timestamptz, planned_end timestamptz, all_day bool, actual_start timestamptz, priority text, description text, status text,
    revision int)
on conflict (source_id) do update
set number = excluded.number, name = excluded.name, visit_type = excluded.visit_type, partner = excluded.partner, address = excluded.address,
    rep = excluded.rep, planned_start = excluded.planned_start, planned_end = excluded.planned_end, all_day = excluded.all_day,
    actual_start = excluded.actual_start, priority = excluded.priority, description = excluded.description, status = excluded.status,
    origin_revision = excluded.origin_revision
where v.channel = excluded.channel
returning source_id::text, version
