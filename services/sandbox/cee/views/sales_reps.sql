-- sales-reps (domain.md 3.2): every rep in every channel; member = he has a profile there, the flag, validity and employer.

create view cee.sales_reps as
select c.id as channel,
       r.key,
       greatest(r.version, p.version) as version,
       jsonb_strip_nulls((select to_jsonb(body) from (select
           r.number,
           r.first_name,
           r.last_name,
           r.matchcode,
           r.valid_from,
           (select to_jsonb(h) from (
               select street, house, postal_code, city, country
               from cee.partner_address where partner = r.number and type = 'main' order by id limit 1) h) as home_address,
           r.responsible_organisation,
           r.responsible_employee,
           r.sales_rep,
           (select jsonb_agg(o.organisation order by o.organisation) from cee.rep_organisation o where o.rep = r.number) as organisations,
           r.employer,
           (select jsonb_agg(k) from (
               select type, value from cee.partner_contact where partner = r.number order by id) k) as contacts,
           r.active,
           r.cee_user,
           (select to_jsonb(profile) from (select
               (select coalesce(jsonb_agg(x.warehouse order by x.position, x.warehouse), '[]')
                from cee.rep_warehouse x where x.channel = c.id and x.rep = r.number) as warehouses,
               (select coalesce(jsonb_agg(x), '[]') from (
                   select list, priority
                   from cee.rep_price_list where channel = c.id and rep = r.number order by priority, list) x) as price_lists,
               (select coalesce(jsonb_agg(x), '[]') from (
                   select payment_form, is_default as "default"
                   from cee.rep_payment_form where channel = c.id and rep = r.number order by payment_form) x) as payment_forms,
               f.max_discount::text as max_discount,
               f.hq_documents,
               jsonb_build_object('ZS', f.symbol_zs, 'OS', f.symbol_os) as symbols,
               f.series
               where f.rep is not null) profile) as profile,
           cee.iso(greatest(r.changed_at, p.changed_at)) as changed_at,
           d.stub
       ) body)) as body,
       m.member
from cee.channel_today c
cross join cee.rep r
cross join lateral (select x.version, x.changed_at from cee.partner x where x.number = r.number limit 1) p
left join cee.rep_profile f on f.channel = c.id and f.rep = r.number
cross join lateral (
    select f.rep is not null and r.sales_rep and cee.is_valid(r.valid_from, r.valid_to, c.today)
       and cee.is_employed(r.employer, r.former_employers, c.sales_organisation) as member) m
left join lateral (
    -- no rep of the channel any more, but the maker of a document that is sent
    select true as stub from cee.document d
    where not m.member and d.channel = c.id and d.rep = r.number and d.origin = 'mobile'
      and cee.is_sent(d.status_general, d.issue_date, c.today, c.document_history_days)
    order by d.issue_date desc
    limit 1) d on true;
