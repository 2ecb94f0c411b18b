-- partners (domain.md 3.3): every partner in every channel; member = assigned, not deleted there, not inactive.

create view cee.partners as
select c.id as channel,
       p.key,
       p.version,
       json_strip_nulls((select row_to_json(body) from (select
           p.number,
           p.legal_kind,
           coalesce(v.name, p.name) as name,
           p.matchcode,
           coalesce(m.assigned, false) as assigned,
           coalesce(v.role, p.role) as role,
           coalesce(v.status, p.status) as status,
           p.tax_id,
           coalesce(v.customer_type, p.customer_type) as customer_type,
           p.currency,
           p.tax_class,
           coalesce(v.price_class, p.price_class) as price_class,
           (select json_agg(a) from (
               select id, type, street, house, postal_code, city, region, country
               from cee.partner_address where partner = p.number order by id) a) as addresses,
           (select json_agg(k) from (
               select id, type, value, preferred
               from cee.partner_contact where partner = p.number order by id) k) as contacts,
           (select json_agg(h) from (
               select id, number, last_name, first_name, occupation as position,
                      (select json_agg(k) from (
                          select id, type, value, preferred
                          from cee.contact_person_contact where contact_person = cp.id order by id) k) as contacts
               from cee.contact_person cp where partner = p.number order by id) h) as contact_persons,
           p.payer,
           coalesce(v.payment_form, p.payment_form) as payment_form,
           coalesce(v.payment_term, p.payment_term) as payment_term,
           coalesce(v.credit_limit, p.credit_limit)::text as credit_limit,
           p.open_balance::text as open_balance,
           n.named as reps,
           (select json_agg(l) from (
               select type, other as partner
               from cee.partner_relationship where partner = p.number order by type, other) l) as relationships,
           p.category,
           (select json_agg(t) from (
               select name, type, value
               from cee.partner_attribute where partner = p.number order by name) t) as attributes,
           p.latitude::text as latitude,
           p.longitude::text as longitude,
           p.origin_source_id,
           cee.iso(p.changed_at) as changed_at,
           a.audience,
           s.stub
       ) body)) as body,
       m.member is true as member
from cee.channel_today c
cross join cee.partner p
left join lateral cee.begun(p.number, c.today) v on true
left join lateral (
    select cp.assigned, cp.assigned and cp.deleted_on is null and coalesce(v.status, p.status) <> 'inactive' as member
    from cee.channel_partner cp where cp.channel = c.id and cp.partner = p.number limit 1) m on true
left join lateral cee.named_reps(c.id, p.number) n on true
left join lateral cee.partner_audience(c.id, p.number, n.named, c.today, c.document_history_days) a on true
left join lateral (
    -- not of the channel or inactive, but one of its documents is sent
    select true as stub from cee.document d
    where m.member is not true and d.channel = c.id and d.partner = p.number
      and cee.is_sent(d.status_general, d.issue_date, c.today, c.document_history_days)
    order by d.issue_date desc
    limit 1) s on true;
