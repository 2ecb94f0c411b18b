-- What our database knows of uploaded files.

-- name: uploaded
-- The contents that were uploaded for these objects.
select distinct source_id::text, sha256 from ceebus.upload_file where channel = $1 and source_id = any ($2::uuid[])
