-- The daily tick (domain.md 6, "the calendar"): what begins or ends in (since, until] by the channel's own days becomes due,
-- with its dependants. Closed documents that grow too old are not named: they leave in an anytime run only (domain.md 7.3).

create function cee.turns(valid_from date, valid_to date, since date, until date) returns bool
language sql immutable parallel safe
return coalesce(valid_from > since and valid_from <= until, false) or coalesce(valid_to > since and valid_to <= until, false);

create function cee.tick(channel text, since date, until date) returns bigint
language sql volatile as $$
    with due(kind, key, scope) as (
        select 'partners', cee.escape(v.partner), 'reps'
        from cee.partner_version v join cee.channel_partner p on p.partner = v.partner and p.channel = $1
        where v.valid_from > $2 and v.valid_from <= $3
        union
        select 'sales-reps', r.key, 'profile'
        from cee.rep_profile f join cee.rep r on r.number = f.rep
        where f.channel = $1 and cee.turns(r.valid_from, r.valid_to, $2, $3)
        union
        select 'articles', cee.escape(i.article), 'assortment'
        from cee.channel c
        join cee.assortment_list l on l.listing = c.assortment_listing
        join cee.assortment_item i on i.listing = l.listing and i.list = l.list
        where c.id = $1 and (cee.turns(i.valid_from, i.valid_to, $2, $3) or cee.turns(l.valid_from, l.valid_to, $2, $3))
        union
        select 'price-lists', cee.escape(i.list), 'listing'
        from cee.channel c join cee.price_listing_item i on i.listing = c.price_listing
        where c.id = $1 and cee.turns(i.valid_from, i.valid_to, $2, $3)
        union
        select 'price-lists', l.key, null
        from cee.channel c join cee.price_listing_item i on i.listing = c.price_listing join cee.price_list l on l.code = i.list
        where c.id = $1 and cee.turns(l.valid_from, l.valid_to, $2, $3)
    ),
    written as (
        insert into ceebus.outbox(kind, key, channel, scope) select d.kind, d.key, $1, d.scope from due d returning 1
    )
    select count(*) from written
$$;
