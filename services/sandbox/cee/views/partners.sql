-- partners (domain.md 3.3): every partner in every channel; member = assigned, not deleted there, not inactive.

create view cee.partners as
select c.id as channel,
       p.key,
       p.version,
       jsonb_strip_nulls(jsonb_build_object(
           'number', p.number,
           'legal_kind', p.legal_kind,
           'name', coalesce(v.name, p.name),
           'matchcode', p.matchcode,
           'assigned', coalesce(s.assigned, false),
           'role', coalesce(v.role, p.role),
           'status', coalesce(v.status, p.status),
           'tax_id', p.tax_id,
           'customer_type', coalesce(v.customer_type, p.customer_type),
           'currency', p.currency,
           'tax_class', p.tax_class,
           'price_class', coalesce(v.price_class, p.price_class),
           'addresses', a.list,
           'contacts', k.list,
           'contact_persons', h.list,
           'payer', p.payer,
           'payment_form', coalesce(v.payment_form, p.payment_form),
           'payment_term', coalesce(v.payment_term, p.payment_term),
           'credit_limit', coalesce(v.credit_limit, p.credit_limit)::text,
           'open_balance', p.open_balance::text,
           'reps', r.list,
           'relationships', l.list,
           'category', p.category,
           'attributes', t.list,
           'latitude', p.latitude::text,
           'longitude', p.longitude::text,
           'origin_source_id', p.origin_source_id,
           'changed_at', cee.iso(p.changed_at),
           'audience', s.audience,
           'stub', case when s.assigned and not s.member and d.named then true end
       )) as body,
       coalesce(s.member, false) as member
from cee.channel_today c
cross join cee.partner p
left join lateral cee.partner_state(c.id, p.number, c.today, c.document_history_days) s on true
left join lateral (
    select true as named from cee.document d
    where not s.member and d.channel = c.id and d.partner = p.number
      and cee.is_sent(d.status_general, d.issue_date, c.today, c.document_history_days)
    limit 1) d on true
left join lateral (
    -- of several future versions that have begun, the latest filled value of each column
    select (array_agg(x.name order by x.valid_from desc) filter (where x.name is not null))[1] as name,
           (array_agg(x.role order by x.valid_from desc) filter (where x.role is not null))[1] as role,
           (array_agg(x.status order by x.valid_from desc) filter (where x.status is not null))[1] as status,
           (array_agg(x.customer_type order by x.valid_from desc) filter (where x.customer_type is not null))[1] as customer_type,
           (array_agg(x.price_class order by x.valid_from desc) filter (where x.price_class is not null))[1] as price_class,
           (array_agg(x.payment_form order by x.valid_from desc) filter (where x.payment_form is not null))[1] as payment_form,
           (array_agg(x.payment_term order by x.valid_from desc) filter (where x.payment_term is not null))[1] as payment_term,
           (array_agg(x.credit_limit order by x.valid_from desc) filter (where x.credit_limit is not null))[1] as credit_limit
    from cee.partner_version x
    where x.partner = p.number and x.valid_from <= c.today) v on true
left join lateral (
    select jsonb_agg(jsonb_build_object('id', x.id, 'type', x.type, 'street', x.street, 'house', x.house,
        'postal_code', x.postal_code, 'city', x.city, 'region', x.region, 'country', x.country) order by x.id) as list
    from cee.partner_address x where x.partner = p.number) a on true
left join lateral (
    select jsonb_agg(jsonb_build_object('id', x.id, 'type', x.type, 'value', x.value, 'preferred', x.preferred) order by x.id) as list
    from cee.partner_contact x where x.partner = p.number) k on true
left join lateral (
    select jsonb_agg(jsonb_build_object('id', x.id, 'number', x.number, 'last_name', x.last_name, 'first_name', x.first_name,
        'position', x.occupation, 'contacts', y.list) order by x.id) as list
    from cee.contact_person x
    left join lateral (
        select jsonb_agg(jsonb_build_object('id', z.id, 'type', z.type, 'value', z.value, 'preferred', z.preferred) order by z.id) as list
        from cee.contact_person_contact z where z.contact_person = x.id) y on true
    where x.partner = p.number) h on true
left join lateral (
    select jsonb_agg(x.rep order by x.rep) as list
    from cee.partner_rep x where x.channel = c.id and x.partner = p.number) r on true
left join lateral (
    select jsonb_agg(jsonb_build_object('type', x.type, 'partner', x.other) order by x.type, x.other) as list
    from cee.partner_relationship x where x.partner = p.number) l on true
left join lateral (
    select jsonb_agg(jsonb_build_object('name', x.name, 'type', x.type, 'value', x.value) order by x.name) as list
    from cee.partner_attribute x where x.partner = p.number) t on true;
