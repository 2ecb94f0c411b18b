-- sales-reps (domain.md 3.2): who has a profile in the channel, and who is only named by one of its documents (stub).

create view cee.sales_reps as
select c.id as channel,
       r.key,
       r.version,
       jsonb_strip_nulls(jsonb_build_object(
           'number', r.number,
           'first_name', r.first_name,
           'last_name', r.last_name,
           'matchcode', r.matchcode,
           'valid_from', cee.iso(r.valid_from),
           'home_address', h.address,
           'responsible_organisation', r.responsible_organisation,
           'responsible_employee', r.responsible_employee,
           'sales_rep', r.sales_rep,
           'organisations', o.list,
           'employer', r.employer,
           'contacts', k.list,
           'active', r.active,
           'cee_user', r.cee_user,
           'profile', case when p.rep is not null then jsonb_build_object(
               'warehouses', w.list,
               'price_lists', coalesce(l.list, '[]'),
               'payment_forms', coalesce(f.list, '[]'),
               'max_discount', p.max_discount::text,
               'hq_documents', p.hq_documents,
               'symbols', jsonb_build_object('ZS', p.symbol_zs, 'OS', p.symbol_os),
               'series', p.series) end,
           'changed_at', cee.iso(r.changed_at),
           'stub', case when not m.member and d.named then true end
       )) as body,
       m.member
from cee.channel_today c
cross join cee.rep r
left join cee.rep_profile p on p.channel = c.id and p.rep = r.number
cross join lateral (
    select p.rep is not null and r.sales_rep and cee.is_valid(r.valid_from, r.valid_to, c.today)
       and (r.employer is not distinct from c.sales_organisation or c.sales_organisation <> all (r.former_employers)) as member) m
left join lateral (
    select true as named from cee.document d
    where not m.member and d.channel = c.id and d.rep = r.number and d.origin = 'mobile'
      and cee.is_sent(d.status_general, d.issue_date, c.today, c.document_history_days)
    limit 1) d on true
left join lateral (
    select jsonb_build_object('street', x.street, 'house', x.house, 'postal_code', x.postal_code, 'city', x.city, 'country', x.country) as address
    from cee.partner_address x where x.partner = r.number order by x.type = 'main' desc, x.id limit 1) h on true
left join lateral (
    select jsonb_agg(x.organisation order by x.organisation) as list from cee.rep_organisation x where x.rep = r.number) o on true
left join lateral (
    select jsonb_agg(jsonb_build_object('type', x.type, 'value', x.value) order by x.id) as list
    from cee.partner_contact x where x.partner = r.number) k on true
left join lateral (
    select coalesce(jsonb_agg(x.warehouse order by x.position, x.warehouse), '[]') as list
    from cee.rep_warehouse x where x.channel = c.id and x.rep = r.number) w on true
left join lateral (
    select jsonb_agg(jsonb_build_object('list', x.list, 'priority', x.priority) order by x.priority, x.list) as list
    from cee.rep_price_list x where x.channel = c.id and x.rep = r.number) l on true
left join lateral (
    select jsonb_agg(jsonb_build_object('payment_form', x.payment_form, 'default', x.is_default) order by x.payment_form) as list
    from cee.rep_payment_form x where x.channel = c.id and x.rep = r.number) f on true
where p.rep is not null or d.named;
