-- name: articles
-- domain.md 3.4. In the assortment = on a list of the channel's listing, both valid today. Fields: name, units, EANs whose
-- check digit is right, tax, flags, attributes, picture.
insert into want
select 'articles', pg_temp.part(a.number), 'upsert',
       array[btrim(a.name->>'pl'), btrim(a.name->>'de'), btrim(a.name->>'en'), a.vat_rate, a.base_unit, a.sales_unit,
             (a.status = 'active')::text, pg_temp.num(a.weight), a.price_class, u.codes, e.codes, t.count::text,
             concat_ws(',', case when a.is_best_seller then 'best_seller' end, case when a.free_shipping then 'free_shipping' end,
                       case when a.is_new then 'new' end),
             a.stock_managed::text, a.allow_negative::text, g.id], null
from want_channel c
join cee.article a on a.status <> 'marked_for_deletion' and exists (
    select from cee.assortment_item i join cee.assortment_list l on l.listing = i.listing and l.list = i.list
    where i.listing = c.assortment_listing and i.article = a.number
      and pg_temp.holds(i.valid_from, i.valid_to, c.today) and pg_temp.holds(l.valid_from, l.valid_to, c.today))
left join lateral (select string_agg(x.unit || ':' || pg_temp.num(x.factor), ',' order by x.unit collate "C") as codes, count(*) as count,
                          bool_and(x.factor > 0) as good, bool_or(x.unit = a.base_unit) and bool_or(x.unit = a.sales_unit) as known,
                          bool_and(exists (select from want d where d.kind = 'master-data' and d.key = 'units/' || pg_temp.part(x.unit))) as sent
                   from cee.article_unit x where x.article = a.number) u on true
left join lateral (
    select string_agg(distinct x.ean, ',' order by x.ean) as codes
    from cee.article_ean x
    cross join lateral (
        select sum(substr(reverse(x.ean), n, 1)::int * case when n % 2 = 0 then 3 else 1 end) % 10 = 0 as good
        from generate_series(1, case when x.ean ~ '^[0-9]{8,14}$' then length(x.ean) else 0 end) n) s
    where x.article = a.number and length(x.ean) in (8, 12, 13, 14) and s.good) e on true
left join lateral (select count(*) as count, bool_and(pg_temp.fits(x.name, 60) and pg_temp.fits(x.value, 2000)) as good
                   from cee.article_attribute x where x.article = a.number) t on true
left join lateral (select x.id::text as id from cee.attachment x
                   where x.owner_kind = 'article' and x.owner_key = pg_temp.part(a.number) and x.is_default
                   order by x.id limit 1) g on true
where pg_temp.fits(a.number, 40) and pg_temp.named(a.name, 255) and coalesce(a.weight, 0) >= 0
  and (u.count = 0 or (u.good and u.known and u.sent)) and u.count <= 20 and (t.count = 0 or t.good) and t.count <= 100
  and exists (select from want d where d.kind = 'master-data' and d.key = 'vat-rates/' || pg_temp.part(a.vat_rate))
  and exists (select from want d where d.kind = 'master-data' and d.key = 'units/' || pg_temp.part(a.base_unit))
  and exists (select from want d where d.kind = 'master-data' and d.key = 'units/' || pg_temp.part(a.sales_unit))
