-- name: attachments
-- domain.md 3.9: files and notes whose owner is on the channel; of two alike at one owner the older one. Fields: owner, what it is, content.
insert into want
with file as (
    select x.*, o.audience, octet_length(x.content) as size,
           encode(case when x.type = 'note' then sha256(convert_to(btrim(x.text), 'UTF8')) else sha256(x.content) end, 'hex') as sha256
    from cee.attachment x
    join want o on o.key = x.owner_key and o.op = 'upsert'
     and o.kind = case x.owner_kind when 'partner' then 'partners' when 'article' then 'articles' when 'document' then 'sales-documents' end
), one as (
    select f.*, row_number() over (partition by f.owner_kind, f.owner_key, f.sha256 order by f.created_at, f.id) as nth from file f
)
select 'attachments', f.id::text, 'upsert',
       array[f.owner_kind, f.owner_key, f.type, btrim(f.name), f.extension, f.sha256, case when f.type <> 'note' then f.size::text end, f.is_default::text],
       f.audience
from one f
where f.nth = 1 and pg_temp.fits(f.name, 120) and coalesce(char_length(f.description), 0) <= 500
  and case when f.type = 'note' then char_length(btrim(f.text)) between 1 and 4000
      else f.size between 1 and 3145728 and case
          when f.type = 'image' and f.extension = 'jpg' then substr(f.content, 1, 3) = '\xffd8ff'
          when f.type = 'image' and f.extension = 'png' then substr(f.content, 1, 8) = '\x89504e470d0a1a0a'
          when f.type = 'image' and f.extension = 'bmp' then substr(f.content, 1, 2) = 'BM'
          when f.type = 'image' and f.extension = 'gif' then substr(f.content, 1, 6) in ('GIF87a', 'GIF89a')
          when f.type = 'image' and f.extension = 'raw' then substr(f.content, 1, 3) <> '\xffd8ff' and substr(f.content, 1, 4) <> '\x89504e47'
          when f.type = 'file' and f.extension = 'pdf' then substr(f.content, 1, 5) = '%PDF-'
          when f.type = 'file' and f.extension = 'doc' then substr(f.content, 1, 8) = '\xd0cf11e0a1b11ae1'
          when f.type = 'file' and f.extension = 'docx' then substr(f.content, 1, 4) = '\x504b0304'
          when f.type = 'file' and f.extension = 'txt' then position('\x00'::bytea in f.content) = 0
          when f.type = 'recording' and f.extension = 'amr' then substr(f.content, 1, 5) = '#!AMR'
          when f.type = 'recording' and f.extension = 'm4a' then substr(f.content, 5, 4) = 'ftyp'
          when f.type = 'recording' and f.extension = 'mp3' then substr(f.content, 1, 3) = 'ID3' or get_byte(f.content, 0) = 255
          else false end end
