-- price-lists (domain.md 3.7): lists of the channel's listing and their prices for articles in its assortment.
-- Two rows on one key make one row here, with the problem duplicate_price.

create function cee.listed(listing text, list text, today date) returns table (inside bool)
language sql stable parallel safe rows 1 as $$
    select true from cee.price_listing_item i
    where i.listing = listed.listing and i.list = listed.list and cee.is_valid(i.valid_from, i.valid_to, listed.today)
    limit 1
$$;

create view cee.price_lists as
select c.id as channel,
       l.key,
       l.version,
       jsonb_strip_nulls(jsonb_build_object(
           'record', 'list',
           'code', l.code,
           'name', l.name,
           'in_listing', true,
           'currency', l.currency,
           'level', l.level,
           'customer', l.customer,
           'customer_class', l.customer_class,
           'priority', l.priority,
           'is_default', l.is_default,
           'price_mode', l.price_mode,
           'valid_from', cee.iso(l.valid_from),
           'valid_to', cee.iso(l.valid_to),
           'list_version', greatest(l.version, v.version),
           'missing_on_profiles', case when s.audience is null and l.customer is null then m.list end,
           'changed_at', cee.iso(l.changed_at),
           'audience', case when l.customer is not null then coalesce(s.audience, case when s.member is null then '{}'::text[] end) end
       )) as body,
       true as member
from cee.channel_today c
cross join cee.price_list l
cross join lateral cee.listed(c.price_listing, l.code, c.today) i
left join lateral cee.partner_state(c.id, l.customer, c.today, c.document_history_days) s on l.customer is not null
left join lateral (select max(x.version) as version from cee.price_list_change x where x.list = l.code) v on true
left join lateral (
    select jsonb_agg(r.rep order by r.rep) as list from cee.reps_of(c.id, c.sales_organisation, c.today) r
    where not exists (select from cee.rep_price_list x where x.channel = c.id and x.rep = r.rep and x.list = l.code)) m on true
where s.member is not false
union all
select c.id,
       p.key,
       p.version,
       jsonb_strip_nulls(jsonb_build_object(
           'record', 'price',
           'list', p.list,
           'article', p.article,
           'unit', p.unit,
           'scale', trim_scale(p.scale)::text,
           'valid_from', cee.iso(p.valid_from),
           'valid_to', cee.iso(p.valid_to),
           'price', p.price::text,
           'price_unit', trim_scale(p.price_unit)::text,
           'row_id', p.row_id,
           'changed_at', cee.iso(p.changed_at),
           'audience', case when l.customer is not null then coalesce(s.audience, case when s.member is null then '{}'::text[] end) end,
           'problems', case when d.clash then jsonb_build_array(jsonb_build_object('code', 'duplicate_price', 'params', jsonb_build_object(
               'list', p.list, 'article', p.article, 'unit', p.unit, 'scale', trim_scale(p.scale)::text, 'date', cee.iso(p.valid_from)))) end
       )),
       true
from cee.channel_today c
cross join cee.price p
cross join lateral (select x.customer from cee.price_list x where x.code = p.list limit 1) l
cross join lateral cee.listed(c.price_listing, p.list, c.today) i
cross join lateral cee.article_state(c.assortment_listing, p.article, c.today) a
left join lateral cee.partner_state(c.id, l.customer, c.today, c.document_history_days) s on l.customer is not null
cross join lateral (
    select bool_or(q.valid_from = p.valid_from or (q.valid_from > p.valid_from and q.valid_from < p.valid_to)
               or (q.valid_from < p.valid_from and q.valid_to > p.valid_from)) as clash,
           coalesce(bool_or(q.valid_from = p.valid_from and q.row_id < p.row_id), false) as second
    from cee.price q
    where q.article = p.article and q.list = p.list and q.unit = p.unit and q.scale = p.scale and q.row_id <> p.row_id) d
where a.member and not d.second and s.member is not false;
