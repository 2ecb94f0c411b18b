-- The daily tick (domain.md 6, "the calendar"): what begins or ends in (since, until] by the channel's own days becomes due,
-- with its dependants. Closed documents that grow too old are not named: they leave in an anytime run only.
create function cee.tick(channel text, since date, until date) returns bigint
language sql volatile as $$
    with due(kind, key, scope) as (
        select 'partners', p.key, 'reps'
        from cee.partner_version v join cee.partner p on p.number = v.partner
        join cee.channel_partner c on c.partner = p.number and c.channel = $1
        where v.valid_from > $2 and v.valid_from <= $3
        union
        select 'sales-reps', r.key, 'profile'
        from cee.rep_profile f join cee.rep r on r.number = f.rep
        where f.channel = $1 and ((r.valid_from > $2 and r.valid_from <= $3) or (r.valid_to > $2 and r.valid_to <= $3))
        union
        select 'articles', a.key, 'assortment'
        from cee.channel c
        join cee.assortment_list l on l.listing = c.assortment_listing
        join cee.assortment_item i on i.listing = l.listing and i.list = l.list
        join cee.article a on a.number = i.article
        where c.id = $1
          and ((i.valid_from > $2 and i.valid_from <= $3) or (i.valid_to > $2 and i.valid_to <= $3)
            or (l.valid_from > $2 and l.valid_from <= $3) or (l.valid_to > $2 and l.valid_to <= $3))
        union
        select 'price-lists', l.key, 'listing'
        from cee.channel c join cee.price_listing_item i on i.listing = c.price_listing join cee.price_list l on l.code = i.list
        where c.id = $1 and ((i.valid_from > $2 and i.valid_from <= $3) or (i.valid_to > $2 and i.valid_to <= $3))
    ),
    written as (
        insert into ceebus.outbox(kind, key, channel, scope) select d.kind, d.key, $1, d.scope from due d returning 1
    )
    select count(*) from written
$$;
