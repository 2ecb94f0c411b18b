-- name: partners
-- domain.md 3.3 with the versions that have begun. Audience: its reps and who wrote its documents; no reps = everybody.
-- Fields: who it is, what it may, where it is, how it pays, who looks after it.
insert into want
select 'partners', pg_temp.part(v.number), case when v.active then 'upsert' else 'deactivate' end,
       array[v.name, v.legal_kind, v.role, v.status, (v.role = 'customer' and v.status = 'released')::text, v.tax_id,
             a.city, a.postal_code, a.street, a.count::text, k.count::text, h.count::text,
             v.customer_type, v.payment_form, v.payment_term, v.price_class, pg_temp.num(v.credit_limit), r.codes],
       case when r.reps is not null then (
           select array_agg(distinct x) from unnest(r.reps || array(
               select d.rep from cee.document d
               where d.channel = c.id and d.partner = v.number and d.origin = 'mobile' and d.rep is not null
                 and (d.status_general in ('in_process', 'released', 'blocked') or d.issue_date >= c.today - c.document_history_days))) x)
       end
from want_channel c
join lateral (
    select p.number, p.legal_kind, p.tax_id, p.currency, p.latitude, p.longitude, p.matchcode,
           coalesce(b.name, p.name) as name, coalesce(b.role, p.role) as role, coalesce(b.status, p.status) as status,
           coalesce(b.customer_type, p.customer_type) as customer_type, coalesce(b.price_class, p.price_class) as price_class,
           coalesce(b.payment_form, p.payment_form) as payment_form, coalesce(b.payment_term, p.payment_term) as payment_term,
           coalesce(b.credit_limit, p.credit_limit) as credit_limit,
           s.assigned and s.deleted_on is null and coalesce(b.status, p.status) <> 'inactive' as active
    from cee.channel_partner s
    join cee.partner p on p.number = s.partner
    left join lateral (
        select (array_agg(x.name order by x.valid_from desc) filter (where x.name is not null))[1] as name,
               (array_agg(x.role order by x.valid_from desc) filter (where x.role is not null))[1] as role,
               (array_agg(x.status order by x.valid_from desc) filter (where x.status is not null))[1] as status,
               (array_agg(x.customer_type order by x.valid_from desc) filter (where x.customer_type is not null))[1] as customer_type,
               (array_agg(x.price_class order by x.valid_from desc) filter (where x.price_class is not null))[1] as price_class,
               (array_agg(x.payment_form order by x.valid_from desc) filter (where x.payment_form is not null))[1] as payment_form,
               (array_agg(x.payment_term order by x.valid_from desc) filter (where x.payment_term is not null))[1] as payment_term,
               (array_agg(x.credit_limit order by x.valid_from desc) filter (where x.credit_limit is not null))[1] as credit_limit
        from cee.partner_version x where x.partner = p.number and x.valid_from <= c.today) b on true
    where s.channel = c.id
) v on true
left join lateral (select max(x.city) filter (where x.type = 'main') as city, max(x.postal_code) filter (where x.type = 'main') as postal_code,
                          max(x.street) filter (where x.type = 'main') as street, count(*) as count, count(*) filter (where x.type = 'main') as mains,
                          count(*) filter (where coalesce(pg_temp.fits(x.street, 80) and pg_temp.fits(x.postal_code, 12) and pg_temp.fits(x.city, 60)
                              and coalesce(char_length(x.house), 0) <= 20
                              and (x.country <> 'PL' or x.postal_code ~ '^[0-9]{2}-[0-9]{3}$')
                              and exists (select from want d where d.kind = 'master-data' and d.key = 'countries/' || x.country), false)) as good
                   from cee.partner_address x where x.partner = v.number) a on true
left join lateral (select count(*) as count, bool_and(pg_temp.fits(x.value, 254)) as good,
                          count(*) filter (where x.preferred) = count(distinct x.type) filter (where x.preferred) as once
                   from cee.partner_contact x where x.partner = v.number) k on true
left join lateral (select count(*) as count, bool_and(coalesce(pg_temp.fits(x.last_name, 60), false)) as good
                   from cee.contact_person x where x.partner = v.number) h on true
left join lateral (select array_agg(x.rep) as reps, string_agg(x.rep, ',' order by x.rep collate "C") as codes, count(*) as count
                   from cee.partner_rep x where x.channel = c.id and x.partner = v.number) r on true
where not v.active
   or (v.currency = c.currency and pg_temp.fits(v.name, 120) and a.mains = 1 and a.good = a.count and a.count <= 50
       and (k.count = 0 or (k.good and k.once)) and k.count <= 30 and (h.count = 0 or h.good) and h.count <= 50
       and (v.latitude is null) = (v.longitude is null) and coalesce(v.credit_limit, 0) >= 0
       and coalesce(char_length(v.matchcode), 0) <= 60 and coalesce(char_length(v.tax_id), 0) <= 20
       and coalesce(r.count, 0) <= 50
       and not exists (select from unnest(r.reps) x where not exists (select from want d where d.kind = 'sales-reps' and d.key = pg_temp.part(x)))
       and exists (select from want d where d.kind = 'master-data' and d.key = 'customer-types/' || pg_temp.part(v.customer_type))
       and exists (select from want d where d.kind = 'master-data' and d.key = 'payment-forms/' || pg_temp.part(v.payment_form))
       and exists (select from want d where d.kind = 'master-data' and d.key = 'payment-terms/' || pg_temp.part(v.payment_term)))
