-- price-lists (domain.md 3.7): lists of the channel's listing, and their prices of articles in its assortment.
-- Lists and prices stand under one key order: the two tables are joined to one relation first, so that a walk by key can
-- merge their indexes. Two rows on one key make one row here, with the problem duplicate_price.

-- The lists of the listing today, each with its audience: {list: null | [rep]}, looked up once a query. A customer's own list
-- belongs to the channels of the customer and has his audience; of a customer whom CEE does not know it waits, seen by nobody.
create function cee.listed(channel text, listing text, today date, history_days int) returns table (lists jsonb)
language sql stable parallel safe rows 1 as $$
    select coalesce(jsonb_object_agg(i.list, case when l.customer is null or s.member then s.audience else '{}' end), '{}')
    from cee.price_listing_item i
    join cee.price_list l on l.code = i.list
    left join lateral cee.partner_state(listed.channel, l.customer, listed.today, listed.history_days) s on true
    where i.listing = listed.listing and cee.is_valid(i.valid_from, i.valid_to, listed.today)
      and (l.customer is null or s.member or not exists (select from cee.partner p where p.number = l.customer))
    offset 0
$$;

-- Whether other rows of the price's article, list, unit and scale clash with it, and whether another row speaks for its key.
create function cee.price_clash(row_id text, list text, article text, unit text, scale numeric, valid_from date, valid_to date)
returns table (clash bool, is_second bool)
language sql stable parallel safe rows 1 as $$
    select bool_or(q.valid_from = $6 or (q.valid_from > $6 and q.valid_from < $7) or (q.valid_from < $6 and q.valid_to > $6)),
           bool_or(q.valid_from = $6 and q.row_id < $1)
    from cee.price q
    where q.article = $3 and q.list = $2 and q.unit = $4 and q.scale = $5 and q.row_id <> $1
$$;

create view cee.price_lists as
select c.id as channel,
       k.key,
       k.version,
       case when k.row_id is null then (
           select json_strip_nulls(row_to_json(body)) from (select
               'list' as record,
               l.code,
               l.name,
               true as in_listing,
               l.currency,
               l.level,
               l.customer,
               l.customer_class,
               l.priority,
               l.is_default,
               l.price_mode,
               l.valid_from,
               l.valid_to,
               greatest(l.version, (select max(x.version) from cee.price_list_change x where x.list = l.code)) as list_version,
               -- one remark for each profile that lacks it (list_not_on_profile); a customer's own list stands on no profile
               case when l.customer is null then (
                   select jsonb_agg(r.rep order by r.rep) from cee.reps_of(c.id, c.sales_organisation, c.today) r
                   where not exists (select from cee.rep_price_list x where x.channel = c.id and x.rep = r.rep and x.list = l.code)
               ) end as missing_on_profiles,
               cee.iso(l.changed_at) as changed_at,
               s.lists -> k.list as audience
               from cee.price_list l where l.code = k.list) body)
       else (
           select json_strip_nulls(row_to_json(body)) from (select
               'price' as record,
               k.list,
               k.article,
               k.unit,
               trim_scale(k.scale)::text as scale,
               k.valid_from,
               k.valid_to,
               k.price::text as price,
               trim_scale(k.price_unit)::text as price_unit,
               k.row_id,
               cee.iso(k.changed_at) as changed_at,
               s.lists -> k.list as audience,
               case when d.clash then jsonb_build_array(jsonb_build_object('code', 'duplicate_price', 'params', jsonb_build_object(
                   'list', k.list, 'article', k.article, 'unit', k.unit, 'scale', trim_scale(k.scale)::text, 'date', k.valid_from))) end as problems
               ) body)
       end as body,
       true as member
from (
    select l.key, l.version, l.code as list, null::text collate "C" as row_id, null::text collate "C" as article,
           null::text collate "C" as unit, null::numeric(18,3) as scale, null::date as valid_from, null::date as valid_to,
           null::numeric(19,4) as price, null::numeric(18,3) as price_unit, null::timestamptz as changed_at
    from cee.price_list l
    union all
    select p.key, p.version, p.list, p.row_id, p.article, p.unit, p.scale, p.valid_from, p.valid_to, p.price, p.price_unit, p.changed_at
    from cee.price p
) k
cross join cee.channel_today c
cross join lateral cee.listed(c.id, c.price_listing, c.today, c.document_history_days) s
left join lateral (
    select true as sold from cee.article a cross join lateral cee.assorted(c.assortment_listing, c.assortment_lists, a.number, c.today) l
    where a.number = k.article and a.status <> 'marked_for_deletion'
    limit 1) a on true
left join lateral cee.price_clash(k.row_id, k.list, k.article, k.unit, k.scale, k.valid_from, k.valid_to) d on true
where s.lists -> k.list is not null and (k.row_id is null or (a.sold and d.is_second is not true));
