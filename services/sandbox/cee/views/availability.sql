-- availability (domain.md 3.6): stock of the channel's owner in its warehouses, of articles in its assortment.

create view cee.availability as
select c.id as channel,
       s.key,
       s.version,
       json_strip_nulls((select row_to_json(body) from (select
           s.article,
           s.warehouse,
           s.owner,
           s.available::text as available,
           s.reserve::text as reserve,
           s.allow_negative,
           a.allow_negative as article_allow_negative,
           a.stock_managed,
           s.alert_quantity::text as alert_quantity,
           cee.iso(s.as_of) as as_of,
           cee.iso(s.changed_at) as changed_at
       ) body)) as body,
       true as member
from cee.channel_today c
-- a case, because the planner takes two equalities for rare and would then read all of them to sort them by key
join cee.stock s on case when s.owner = c.inventory_owner then s.warehouse = any (c.warehouses) else false end
cross join lateral cee.article_state(c.assortment_listing, c.assortment_lists, s.article, c.today) a
where c.stock_managed and a.member;
