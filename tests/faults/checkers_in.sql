-- What became of uploads, asked of CEE's own tables and of the writer's: nothing here goes through the code that is checked.

-- name: inbox
-- Uploads that have come to an end. (CEE)
select id::text, sender, kind, source_id::text, revision, outcome, code from ceebus.inbox where channel = $1

-- name: waiting
-- Uploads that wait. (CEE)
select upload_id::text as id, sender, kind, source_id::text, revision, outcome, code from ceebus.waiting where channel = $1

-- name: answers
-- Everything that was said to senders, in order. (CEE)
select id, upload_id::text, sender, kind, source_id::text, revision, attempt, outcome, code, final, sent_at is not null as sent
from ceebus.answer where channel = $1 order by id

-- name: listed
-- What operators see of uploads.
select upload_id::text, sender, attempt, final, outcome, code from ceebus.upload where channel = $1

-- name: returned
-- Objects born on devices that came back, and who sees them.
select convert_from(body, 'UTF8')::jsonb ->> 'origin_source_id' as source_id, audience from ceebus.feed
where channel = $1 and kind in ('partners', 'sales-documents', 'attachments') and op = 'upsert' and not removed
  and position('"origin_source_id":"'::bytea in body) > 0

-- name: imported
-- What CEE has of each object, as the writer remembers it. (CEE)
select kind, source_id::text, revision, key from ceebus.imported where channel = $1

-- name: born
-- Objects of CEE that say they were born on a device, one row each. (CEE)
select 'documents' as kind, origin_source_id::text as source_id, key from cee.document where channel = $1 and origin_source_id is not null
union all
select 'partners', p.origin_source_id::text, p.number from cee.partner p join cee.channel_partner c on c.partner = p.number and c.channel = $1
where p.origin_source_id is not null
union all
select 'attachments', a.origin_source_id::text, a.key from cee.attachment a where a.origin_source_id is not null
union all
select 'visits', source_id::text, key from cee.visit where channel = $1

-- name: taken_twice
-- Mobile numbers, contents of one owner and numbers of CEE that more than one object has. (CEE)
select 'mobile number' as what, mobile_number as value, count(*) from cee.document
where channel = $1 and mobile_number is not null group by mobile_number having count(*) > 1
union all
select 'content', owner_kind || ' ' || owner_key || ' ' || digest, count(*) from cee.attachment
where origin_source_id is not null group by owner_kind, owner_key, digest having count(*) > 1
union all
select 'object', kind || ' ' || key, count(*) from ceebus.imported where channel = $1 and kind in ('documents', 'visits') group by kind, key having count(*) > 1

-- name: numbers
-- Numbers that CEE gave to documents from devices: how many, and how far apart the first and the last are. (CEE)
select type, count(*) as count, max(n) - min(n) + 1 as span
from (select d.type, substring(d.hq_number from '[0-9]+$')::bigint as n from cee.document d
      join ceebus.imported i on i.channel = $1 and i.kind = 'documents' and i.source_id = d.origin_source_id where d.channel = $1) given
group by type

-- name: dangling
-- References of what was imported that lead nowhere. (CEE)
select 'document ' || d.key as object, 'partner ' || d.partner as missing from cee.document d
where d.channel = $1 and d.origin_source_id is not null and not exists (select from cee.partner p where p.number = d.partner)
union all
select 'document ' || d.key, 'rep ' || d.rep from cee.document d
where d.channel = $1 and d.origin_source_id is not null and not exists (select from cee.rep r where r.number = d.rep)
union all
select 'document ' || d.key, 'lines' from cee.document d
where d.channel = $1 and d.origin_source_id is not null
  and not exists (select from cee.document_line l where l.type = d.type and l.hq_number = d.hq_number)
union all
select 'document ' || d.key, 'article ' || l.article from cee.document d join cee.document_line l on l.type = d.type and l.hq_number = d.hq_number
where d.channel = $1 and d.origin_source_id is not null and not exists (select from cee.article a where a.number = l.article)
union all
select 'attachment ' || a.key, a.owner_kind || ' ' || a.owner_key from cee.attachment a
where a.origin_source_id is not null and not exists (
    select from cee.partner p where a.owner_kind = 'partner' and p.key = a.owner_key
    union all select from cee.article x where a.owner_kind = 'article' and x.key = a.owner_key
    union all select from cee.document d where a.owner_kind = 'document' and d.key = a.owner_key)
union all
select 'visit ' || v.key, 'partner ' || v.partner from cee.visit v
where v.channel = $1 and not exists (select from cee.partner p where p.number = v.partner)

-- name: visits
-- What CEE has of each visit. (CEE)
select source_id::text, status, planned_start, origin_revision from cee.visit where channel = $1

-- name: offsets
-- Where a lane stands.
select topic, topic_partition, next_offset from ceebus.lane_offset where lane = $1
