-- attachments (domain.md 3.9): files and notes whose owner is on the channel, with the owner's audience.
-- content_id names the content: it changes with it, and equal contents share one.

create view cee.attachments as
select c.id as channel,
       t.key,
       t.version,
       jsonb_strip_nulls(jsonb_build_object(
           'id', t.id,
           'owner_kind', t.owner_kind,
           'owner_key', t.owner_key,
           'type', t.type,
           'name', t.name,
           'description', t.description,
           'text', t.text,
           'extension', t.extension,
           'content_id', case when t.type <> 'note' then t.digest end,
           'is_default', t.is_default,
           'origin_source_id', t.origin_source_id,
           'changed_at', cee.iso(t.changed_at),
           'audience', o.audience,
           'problems', case when e.twice then jsonb_build_array(jsonb_build_object('code', 'duplicate_attachment',
               'params', jsonb_build_object('owner', t.owner_key))) end
       )) as body,
       true as member
from cee.channel_recipients c
cross join cee.attachment t
cross join lateral (
    select s.audience
    from cee.partner p cross join lateral cee.partner_state(c.id, p.number, c.today, c.document_history_days) s
    where t.owner_kind = 'partner' and p.key = t.owner_key and s.member
    union all
    select null
    from cee.article a cross join lateral cee.article_state(c.assortment_listing, a.number, c.today) s
    where t.owner_kind = 'article' and a.key = t.owner_key and s.member
    union all
    select r.reps
    from cee.document d
    cross join lateral cee.partner_state(c.id, d.partner, c.today, c.document_history_days) s
    cross join lateral cee.recipients(d, case d.type when 'ZS' then c.zs_reps else c.os_reps end) r
    where t.owner_kind = 'document' and d.key = t.owner_key and d.channel = c.id and s.assigned
      and cee.is_sent(d.status_general, d.issue_date, c.today, c.document_history_days)
    offset 0) o
left join lateral (
    select true as twice from cee.attachment x
    where t.digest is not null and x.owner_kind = t.owner_kind and x.owner_key = t.owner_key and x.digest = t.digest
      and (x.created_at, x.id) < (t.created_at, t.id)
    limit 1) e on true;
