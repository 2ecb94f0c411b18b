-- The bytes behind a content_id, which is the digest of the content; null when no attachment has it any more.
create function cee.attachment_content(id text) returns bytea
language sql stable strict as $$
    select a.content from cee.attachment a where a.digest = $1 and a.content is not null limit 1
$$;
