-- articles (domain.md 3.4): every article in every channel; member = on a valid list of the assortment, not marked for deletion.

create view cee.articles as
select c.id as channel,
       a.key,
       a.version,
       jsonb_strip_nulls(jsonb_build_object(
           'number', a.number,
           'name', a.name,
           'in_assortment', l.inside is not null,
           'status', a.status,
           'vat_rate', a.vat_rate,
           'base_unit', a.base_unit,
           'sales_unit', a.sales_unit,
           'units', u.list,
           'weight', a.weight::text,
           'price_class', a.price_class,
           'flags', array_to_json(array_remove(array[
               case when a.is_new then 'new' end,
               case when a.is_best_seller then 'best_seller' end,
               case when a.free_shipping then 'free_shipping' end], null)),
           'attributes', t.list,
           'logo', g.logo,
           'media', g.list,
           'stock_managed', a.stock_managed,
           'allow_negative', a.allow_negative,
           'changed_at', cee.iso(a.changed_at),
           'stub', case when not m.member and d.named then true end
       )) as body,
       m.member
from cee.channel_today c
cross join cee.article a
left join lateral cee.assorted(c.assortment_listing, a.number, c.today) l on true
cross join lateral (select l.inside is not null and a.status <> 'marked_for_deletion' as member) m
left join lateral (
    select true as named
    from cee.document_line x join cee.document d on d.type = x.type and d.hq_number = x.hq_number
    where not m.member and x.article = a.number and d.channel = c.id
      and cee.is_sent(d.status_general, d.issue_date, c.today, c.document_history_days)
    limit 1) d on true
left join lateral (
    select jsonb_agg(jsonb_build_object('unit', x.unit, 'factor', trim_scale(x.factor)::text, 'eans', e.list) order by x.unit) as list
    from cee.article_unit x
    left join lateral (select jsonb_agg(y.ean order by y.ean) as list from cee.article_ean y where y.article = x.article and y.unit = x.unit) e on true
    where m.member and x.article = a.number) u on true
left join lateral (
    select jsonb_agg(jsonb_build_object('name', x.name, 'type', x.type, 'value', x.value) order by x.name) as list
    from cee.article_attribute x where m.member and x.article = a.number) t on true
left join lateral (
    select min(x.key) filter (where x.is_default and x.type = 'image') as logo,
           jsonb_agg(jsonb_build_object('ref', x.key, 'type', case when x.type = 'image' then 'image' else 'other' end) order by x.key)
               filter (where not (x.is_default and x.type = 'image')) as list
    from cee.attachment x where m.member and x.owner_kind = 'article' and x.owner_key = a.key and x.type <> 'note') g on true;
