-- name: reps
-- domain.md 3.2. Who stopped being a rep of this channel is deactivated; who never was employed right is held back.
-- Fields: names, activity, visits, profile.
insert into want
select 'sales-reps', pg_temp.part(r.number),
       case when r.sales_rep and pg_temp.holds(r.valid_from, r.valid_to, c.today) and r.employer = c.sales_organisation
            then 'upsert' else 'deactivate' end,
       array[r.first_name, r.last_name, r.active::text, (r.cee_user is not null)::text, f.hq_documents, pg_temp.num(f.max_discount),
             f.series, w.codes, l.codes, y.codes], null
from want_channel c
join cee.rep_profile f on f.channel = c.id
join cee.rep r on r.number = f.rep
left join lateral (select string_agg(x.warehouse, ',' order by x.warehouse collate "C") as codes, count(*) as count
                   from cee.rep_warehouse x where x.channel = c.id and x.rep = r.number) w on true
left join lateral (select string_agg(x.list || ':' || x.priority, ',' order by x.list collate "C") as codes
                   from cee.rep_price_list x where x.channel = c.id and x.rep = r.number) l on true
left join lateral (select string_agg(x.payment_form || case when x.is_default then '*' else '' end, ',' order by x.payment_form collate "C") as codes,
                          count(*) filter (where x.is_default) as defaults
                   from cee.rep_payment_form x where x.channel = c.id and x.rep = r.number) y on true
where (not r.sales_rep or not pg_temp.holds(r.valid_from, r.valid_to, c.today)
       or r.employer = c.sales_organisation or c.sales_organisation = any (r.former_employers))
  and (not r.sales_rep or r.employer is distinct from c.sales_organisation or not pg_temp.holds(r.valid_from, r.valid_to, c.today)
       or (pg_temp.fits(r.last_name, 60) and coalesce(char_length(btrim(r.first_name)), 0) <= 60 and coalesce(char_length(btrim(r.matchcode)), 0) <= 60
           and r.valid_from is not null and w.count between 1 and 50 and y.defaults = 1 and f.max_discount <= c.max_user_discount
           and exists (select from cee.rep_organisation o where o.rep = r.number)
           and exists (select from cee.partner_address a where a.partner = r.number and a.type = 'main')
           and not exists (select from cee.rep_warehouse x where x.channel = c.id and x.rep = r.number and not exists (
               select from want d where d.kind = 'master-data' and d.key = 'warehouses/' || pg_temp.part(x.warehouse)))
           and not exists (select from cee.rep_payment_form x where x.channel = c.id and x.rep = r.number and not exists (
               select from want d where d.kind = 'master-data' and d.key = 'payment-forms/' || pg_temp.part(x.payment_form)))))
