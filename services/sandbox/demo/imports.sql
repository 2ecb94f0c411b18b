-- What CEE made of what reps and the manager sent: asked of CEE's own tables, nothing of the writer's.

-- name: held
-- How often CEE has each object ($1 kinds, $2 source_ids), and what distinguishes it: for a document its number, partner, gross total
-- and lines; for a partner its number; for an attachment its owner; for a visit its status.
select w.kind, w.source_id::text as source_id, f.count, f.facts
from unnest($1::text[], $2::uuid[]) w(kind, source_id)
cross join lateral (
    select count(*) as count, jsonb_agg(jsonb_build_array(d.mobile_number, trim_scale(d.gross_total)::text, n.lines, trim_scale(n.value)::text)) as facts
    from cee.document d
    cross join lateral (select count(*) as lines, sum(l.value) as value from cee.document_line l
                        where l.type = d.type and l.hq_number = d.hq_number) n
    where w.kind = 'documents' and d.origin_source_id = w.source_id
    having w.kind = 'documents'
    union all
    select count(*), jsonb_agg(jsonb_build_array(p.name, p.role, (select count(*) from cee.partner_address a where a.partner = p.number)))
    from cee.partner p where w.kind = 'partners' and p.origin_source_id = w.source_id
    having w.kind = 'partners'
    union all
    select count(*), jsonb_agg(jsonb_build_array(x.type, x.name, encode(sha256(coalesce(x.content, convert_to(x.text, 'UTF8'))), 'hex')))
    from cee.attachment x where w.kind = 'attachments' and x.id = w.source_id
    having w.kind = 'attachments'
    union all
    select count(*), jsonb_agg(jsonb_build_array(v.number, v.status, v.rep))
    from cee.visit v where w.kind = 'visits' and v.source_id = w.source_id
    having w.kind = 'visits') f

-- name: edited
-- What edits can change of these partners ($1).
select p.number, p.matchcode, array(select h.id::text from cee.contact_person h where h.partner = p.number) as persons
from cee.partner p where p.number = any ($1::text[])

-- name: repeated
-- Mobile numbers that two documents of the channel bear: never any.
select d.mobile_number from cee.document d where d.channel = $1 and d.mobile_number is not null group by 1 having count(*) > 1
