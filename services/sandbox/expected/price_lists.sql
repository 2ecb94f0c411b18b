-- name: lists
-- domain.md 3.7: the lists of the channel's price listing. Fields: names, level, for whom, priority, mode.
insert into want
select 'price-lists', pg_temp.part(l.code), 'upsert',
       array[btrim(l.name->>'pl'), btrim(l.name->>'de'), btrim(l.name->>'en'), l.level, l.customer, l.customer_class, l.priority::text,
             l.is_default::text, l.price_mode, l.valid_from::text, l.valid_to::text], p.audience
from want_channel c
join cee.price_listing_item i on i.listing = c.price_listing and pg_temp.holds(i.valid_from, i.valid_to, c.today)
join cee.price_list l on l.code = i.list
left join want p on p.kind = 'partners' and p.key = pg_temp.part(l.customer) and p.op = 'upsert'
where l.currency = c.currency and pg_temp.fits(l.code, 20) and pg_temp.named(l.name, 60) and l.priority between 1 and 6
  and l.price_mode in ('net', 'gross')
  and case l.level when 'item' then l.customer is null and l.customer_class is null
                   when 'customer-item' then p.key is not null and l.customer_class is null
                   when 'customer-class-item' then l.customer is null and l.customer_class is not null
                   else false end

-- name: prices
-- Prices of those lists for articles devices know. Rows on one key, or reaching into the next one's time, are held back.
-- Fields: price, for how many, until when.
insert into want
select 'price-lists', r.list_key || '/' || r.article_key || '/' || pg_temp.part(r.unit) || '/' || pg_temp.num(r.scale) || '/' || r.valid_from, 'upsert',
       array[pg_temp.num(r.price), pg_temp.num(r.price_unit), r.valid_to::text], r.audience
from (
    select p.*, l.key as list_key, a.key as article_key, l.audience,
           count(*) over (partition by p.list, p.article, p.unit, p.scale, p.valid_from) as alike,
           min(p.valid_from) over later as next_from,
           max(p.valid_to) over earlier as reached
    from cee.price p
    join want l on l.kind = 'price-lists' and l.key = pg_temp.part(p.list)
    join want a on a.kind = 'articles' and a.key = pg_temp.part(p.article)
    join want u on u.kind = 'master-data' and u.key = 'units/' || pg_temp.part(p.unit)
    window later as (partition by p.list, p.article, p.unit, p.scale order by p.valid_from
                     range between '1 day' following and unbounded following),
           earlier as (partition by p.list, p.article, p.unit, p.scale order by p.valid_from
                       range between unbounded preceding and '1 day' preceding)
) r
where r.alike = 1 and coalesce(r.valid_to <= r.next_from, true) and coalesce(r.reached <= r.valid_from, true)
  and r.price >= 0 and r.price_unit > 0 and r.scale >= 0 and pg_temp.fits(r.row_id, 40)
