-- articles (domain.md 3.4): every article in every channel; member = on a valid list of the assortment, not marked for deletion.

create view cee.articles as
select c.id as channel,
       a.key,
       a.version,
       json_strip_nulls((select row_to_json(body) from (select
           a.number,
           a.name,
           l.inside is true as in_assortment,
           a.status,
           a.vat_rate,
           a.base_unit,
           a.sales_unit,
           (select json_agg(u) from (
               select x.unit,
                      trim_scale(x.factor)::text as factor,
                      (select json_agg(e.ean order by e.ean) from cee.article_ean e where e.article = x.article and e.unit = x.unit) as eans
               from cee.article_unit x where x.article = a.number order by x.unit) u) as units,
           a.weight::text as weight,
           a.price_class,
           array_remove(array[
               case when a.is_best_seller then 'best_seller' end,
               case when a.free_shipping then 'free_shipping' end,
               case when a.is_new then 'new' end], null) as flags,
           (select json_agg(t) from (
               select name, type, value from cee.article_attribute where article = a.number order by name) t) as attributes,
           (select min(x.key) from cee.attachment x
            where x.owner_kind = 'article' and x.owner_key = a.key and x.is_default and x.type = 'image') as logo,
           (select json_agg(g) from (
               select x.key as ref, case when x.type = 'image' then 'image' else 'other' end as type
               from cee.attachment x
               where x.owner_kind = 'article' and x.owner_key = a.key and x.type <> 'note' and not (x.is_default and x.type = 'image')
               order by x.key) g) as media,
           a.stock_managed,
           a.allow_negative,
           cee.iso(a.changed_at) as changed_at,
           d.stub
       ) body)) as body,
       m.member
from cee.channel_today c
cross join cee.article a
left join lateral cee.assorted(c.assortment_listing, c.assortment_lists, a.number, c.today) l on true
cross join lateral (select l.inside is true and a.status <> 'marked_for_deletion' as member) m
left join lateral (
    -- outside the assortment, but named by a document that is sent
    select true as stub
    from cee.document_line x
    cross join lateral (
        select from cee.document o
        where o.type = x.type and o.hq_number = x.hq_number and o.channel = c.id
          and cee.is_sent(o.status_general, o.issue_date, c.today, c.document_history_days)
        offset 0) o
    where not m.member and x.article = a.number
    order by x.type desc, x.hq_number desc
    limit 1) d on true;
