-- What the import of documents asks of the reference CEE and writes there: whole batches, one statement each.

-- name: context
-- The channel's day, by CEE's clock, and the number of decimals of its currency.
select ($1::timestamptz at time zone $2)::date + (select days from cee.clock) as today,
       coalesce((select decimals from cee.currency where code = $3), 2) as decimals

-- name: written
-- Documents that CEE has for the batch's source_ids, and those that bear its mobile numbers.
select d.origin_source_id::text as source_id, d.mobile_number, d.key, d.hq_number as number, d.status_general as status, d.version
from cee.document d
where d.channel = $1 and d.origin_source_id = any ($2::uuid[])
union
select d.origin_source_id::text, d.mobile_number, d.key, d.hq_number, d.status_general, d.version
from cee.document d
where d.channel = $1 and d.mobile_number = any ($3::text[])

-- name: partners
-- Partners by number and by source_id, with the role, status and price class of today ($2).
select f.name, p.number, coalesce(v.role, p.role) as role, coalesce(v.status, p.status) as status,
       coalesce(v.price_class, p.price_class) as price_class,
       coalesce(c.assigned and c.deleted_on is null, false) as is_active
from (select n.number as name, n.number from unnest($2::text[]) n(number)
      union all
      select o.origin_source_id::text, o.number from cee.partner o where o.origin_source_id = any ($3::uuid[])) f
join cee.partner p on p.number = f.number
left join lateral cee.begun(p.number, $4) v on true
left join cee.channel_partner c on c.channel = $1 and c.partner = p.number

-- name: limits
-- The channel's reps among those named, with the greatest discount each may give.
select rep, max_discount from cee.rep_profile where channel = $1 and rep = any ($2::text[])

-- name: articles
-- Of the articles named ($3, an array as text) those that are not in the channel on the day ($2): unknown to CEE, or out of it.
with today as materialized (
    select array(select l.list from cee.assortment_list l where l.listing = $1 and cee.is_valid(l.valid_from, l.valid_to, $2)) as lists
)
select n.number, a.status is not null as is_known
from today t
cross join unnest($3::text::text[]) n(number)
left join lateral (select x.status from cee.article x where x.number = n.number limit 1) a on true
where a.status is null or a.status = 'marked_for_deletion' or not exists (
    select from cee.assortment_item i
    where i.listing = $1 and i.article = n.number and i.list = any (t.lists) and cee.is_valid(i.valid_from, i.valid_to, $2))

-- name: rates
-- Every percent that the VAT rates ever had.
select v.vat_rate as code, v.valid_from, case when r.exempt then 0 else v.percent end as percent
from cee.vat_rate r join cee.vat_rate_value v on v.vat_rate = r.code
where r.code = any ($1::text[])

-- name: numbers
-- The next numbers of each range and the next versions, as many as documents; ranges are taken in the order given.
select cee.take_numbers(r.name, r.count) as numbers, array(select nextval('cee.version') from generate_series(1, r.count)) as versions
from unnest($1::text[], $2::int[]) r(name, count)
