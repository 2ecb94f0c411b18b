-- attachments (domain.md 3.9): files and notes whose owner is on the channel, with the owner's audience.
-- content_id names the content: it changes with it, and equal contents share one.

create view cee.attachments as
select c.id as channel,
       t.key,
       t.version,
       json_strip_nulls((select row_to_json(body) from (select
           t.id,
           t.owner_kind,
           t.owner_key,
           t.type,
           t.name,
           t.description,
           t.text,
           t.extension,
           case when t.type <> 'note' then t.digest end as content_id,
           t.is_default,
           t.origin_source_id,
           cee.iso(t.changed_at) as changed_at,
           o.audience,
           case when t.digest is not null and exists (
               select from cee.attachment x
               where x.owner_kind = t.owner_kind and x.owner_key = t.owner_key and x.digest = t.digest
                 and (x.created_at, x.id) < (t.created_at, t.id))
           then jsonb_build_array(jsonb_build_object('code', 'duplicate_attachment', 'params', jsonb_build_object('owner', t.owner_key))) end as problems
       ) body)) as body,
       true as member
from cee.channel_recipients c
-- always true: without a clause between them the planner would not join these two first, and ask for the channel once a row
join cee.attachment t on t.version >= 0 or c.id is null
cross join lateral (
    select s.audience
    from cee.partner p cross join lateral cee.partner_state(c.id, p.number, c.today, c.document_history_days) s
    where t.owner_kind = 'partner' and p.key = t.owner_key and s.member
    union all
    select null
    from cee.article a cross join lateral cee.article_state(c.assortment_listing, c.assortment_lists, a.number, c.today) s
    where t.owner_kind = 'article' and a.key = t.owner_key and s.member
    union all
    select r.reps
    from cee.document d
    cross join lateral cee.recipients(d, case d.type when 'ZS' then c.zs_reps else c.os_reps end) r
    where t.owner_kind = 'document' and d.key = t.owner_key and d.channel = c.id
      and cee.is_sent(d.status_general, d.issue_date, c.today, c.document_history_days)
    offset 0) o;
