-- name: availability
-- domain.md 3.6: stock of this owner in these warehouses, for stock-managed articles devices know. Fields: quantity, alert level.
insert into want
select 'availability', pg_temp.part(s.article) || '/' || pg_temp.part(s.warehouse) || '/' || pg_temp.part(s.owner), 'upsert',
       array[s.article, s.warehouse,
             pg_temp.num(case when coalesce(s.allow_negative, a.allow_negative, c.allow_negative) then s.available
                              else greatest(s.available - s.reserve, 0) end),
             pg_temp.num(s.alert_quantity)], null
from want_channel c
join cee.stock s on s.owner = c.inventory_owner
join cee.channel_warehouse w on w.channel = c.id and w.warehouse = s.warehouse
join cee.article a on a.number = s.article and a.stock_managed
join want d on d.kind = 'articles' and d.key = pg_temp.part(s.article)
join want e on e.kind = 'master-data' and e.key = 'warehouses/' || pg_temp.part(s.warehouse)
where c.stock_managed and s.reserve >= 0
