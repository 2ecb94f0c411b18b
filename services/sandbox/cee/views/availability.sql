-- availability (domain.md 3.6): stock of the channel's owner in its warehouses, of articles in its assortment.

create view cee.availability as
select c.id as channel,
       s.key,
       s.version,
       jsonb_strip_nulls(jsonb_build_object(
           'article', s.article,
           'warehouse', s.warehouse,
           'owner', s.owner,
           'available', s.available::text,
           'reserve', s.reserve::text,
           'allow_negative', s.allow_negative,
           'article_allow_negative', a.allow_negative,
           'stock_managed', a.stock_managed,
           'alert_quantity', s.alert_quantity::text,
           'as_of', cee.iso(s.as_of),
           'changed_at', cee.iso(s.changed_at)
       )) as body,
       true as member
from cee.channel_today c
join cee.stock s on s.owner = c.inventory_owner
join cee.channel_warehouse w on w.channel = c.id and w.warehouse = s.warehouse
cross join lateral cee.article_state(c.assortment_listing, s.article, c.today) a
where c.stock_managed and a.member;
