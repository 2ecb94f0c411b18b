-- name: take
-- Answers that this download brought go beside the data.
insert or replace into result(key, source_id, revision, upload_id, attempt, final, outcome, body)
select key, json_extract(body, '$.source_id'), json_extract(body, '$.revision'), json_extract(body, '$.upload_id'),
       json_extract(body, '$.attempt'), json_extract(body, '$.final'), json_extract(body, '$.outcome'), body
from staged where kind = 'results' and body is not null

-- name: settle
-- What they say of uploads: also of one whose acceptance was never heard of.
update outbox set state = case when r.final then 'final' else 'waiting' end, upload_id = r.upload_id,
                  outcome = r.outcome, code = json_extract(r.body, '$.code'), number = json_extract(r.body, '$.number')
from result r join staged s on s.kind = 'results' and s.key = r.key
where outbox.source_id = r.source_id and outbox.revision = r.revision and outbox.kind = json_extract(r.body, '$.upload_kind')
  and (outbox.upload_id is null or outbox.upload_id = r.upload_id) and not (outbox.state = 'final' and not r.final)

-- name: taken
-- They are no rows of the data.
delete from staged where kind = 'results'

-- name: confirm
-- Objects born here that come back as CEE's.
update outbox set confirmed = 1 where born and not confirmed
and source_id in (select json_extract(body, '$.origin_source_id') from staged where op <> 'delete' and kind in ('partners', 'sales-documents', 'attachments'))

-- name: next_revision
-- The revision a further upload of an object gets.
select coalesce(max(revision), 0) + 1 from outbox where kind = ? and source_id = ?

-- name: put
-- An upload to be sent.
insert into outbox(kind, source_id, revision, body, state, born) values(?, ?, ?, ?, 'new', ?)

-- name: put_file
-- A content to be sent.
insert or ignore into upload_file(source_id, sha256, filename, state) values(?, ?, ?, 'new')

-- name: unsent
-- Uploads without an answer of the gateway, in the order in which they were made; a content that was not stored holds its record back.
select seq, kind, source_id, revision, body from outbox o where state in ('new', 'sent')
and not exists (select 1 from upload_file f where f.source_id = o.source_id and f.state = 'new') order by seq limit ?

-- name: sent
-- Uploads the gateway took.
select source_id, body from outbox where state in ('accepted', 'waiting', 'final') and upload_id is not null order by seq

-- name: sending
-- From here on the gateway may have it, whatever we hear.
update outbox set state = 'sent' where seq = ? and state = 'new'

-- name: accepted
-- The gateway has it for good.
update outbox set state = 'accepted', upload_id = ?2 where seq = ?1 and state in ('new', 'sent')

-- name: refused
-- The gateway will never take it as it is.
update outbox set state = 'refused', outcome = 'rejected', code = ?2 where seq = ?1 and state in ('new', 'sent')

-- name: refused_file
-- Nor what belongs to a content it does not take.
update outbox set state = 'refused', outcome = 'rejected', code = ?2 where source_id = ?1 and state in ('new', 'sent')

-- name: files
-- Contents to be sent.
select source_id, sha256, filename, url from upload_file where state = 'new' order by source_id, sha256

-- name: file_at
-- Where the upload of a content goes on.
update upload_file set url = ?3 where source_id = ?1 and sha256 = ?2

-- name: file_state
-- What became of a content.
update upload_file set state = ?3, code = ?4 where source_id = ?1 and sha256 = ?2

-- name: all
-- The outbox.
select seq, kind, source_id, revision, state, upload_id, outcome, code, number, confirmed from outbox order by seq

-- name: mobile_numbers
-- Numbers the device has given to documents.
select json_extract(body, '$.mobile_number') from outbox where kind = 'documents' and json_extract(body, '$.mobile_number') is not null

-- name: results
-- The answers.
select key, body from result order by key

-- name: shown
-- What a rep sees of the objects born here: the local one, or CEE's.
select source_id, 'local' from outbox where kind = ?1 and born and not confirmed group by source_id
union all
select json_extract(body, '$.origin_source_id'), 'confirmed' from row where kind = ?2 and json_extract(body, '$.origin_source_id') is not null
