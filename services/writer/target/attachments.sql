-- What the import of attachments asks of the reference CEE and writes there: whole batches, one statement each.

-- name: present
-- Attachments that CEE has under these ids.
select id::text, owner_kind, owner_key, digest, version from cee.attachment where id = any ($1::uuid[])

-- name: partners
-- Partners that are or were assigned to the channel, by key or by source_id.
select p.key as name, p.key
from cee.partner p
where p.key = any ($2::text[]) and exists (select from cee.channel_partner c where c.channel = $1 and c.partner = p.number)
union all
select p.origin_source_id::text, p.key
from cee.partner p
where p.origin_source_id = any ($3::uuid[]) and exists (select from cee.channel_partner c where c.channel = $1 and c.partner = p.number)

-- name: articles
-- Articles by key.
select key as name, key from cee.article where key = any ($1::text[])

-- name: documents
-- The channel's documents by key or by source_id.
select d.key as name, d.key from cee.document d where d.channel = $1 and d.key = any ($2::text[])
union all
select d.origin_source_id::text, d.key from cee.document d where d.channel = $1 and d.origin_source_id = any ($3::uuid[])

-- name: same
-- Attachments with the same content at the same owner.
select a.id::text, a.owner_kind, a.owner_key, a.digest
from unnest($1::text[], $2::text[], $3::text[]) n(owner_kind, owner_key, digest)
join cee.attachment a on a.owner_kind = n.owner_kind and a.owner_key = n.owner_key and a.digest = n.digest

-- name: write
-- New attachments, and new revisions of those that came from devices.
insert into cee.attachment as a (id, owner_kind, owner_key, type, name, description, text, extension, content, is_default, file_type,
    origin_source_id)
select n.id, n.owner_kind, n.owner_key, n.type, n.name, n.description, n.text, n.extension, n.content, n.is_default, n.file_type, n.id
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[], $10::bool[],
    $11::text[]) n(id, owner_kind, owner_key, type, name, description, text, extension, content, is_default, file_type)
on conflict (id) do update set
    owner_kind = excluded.owner_kind, owner_key = excluded.owner_key, type = excluded.type, name = excluded.name,
    description = excluded.description, text = excluded.text, extension = excluded.extension, content = excluded.content,
    is_default = excluded.is_default, file_type = excluded.file_type
returning id::text, version

-- name: yield_default
-- An owner has one main picture: the newest that claims to be it.
update cee.attachment a set is_default = false
from unnest($1::text[], $2::text[], $3::uuid[]) n(owner_kind, owner_key, id)
where a.owner_kind = n.owner_kind and a.owner_key = n.owner_key and a.is_default and a.id <> n.id
