-- What each object's own change writes. One row a key in `changed` means that the object came, went or got another key.

do $$
declare
    relation text;
begin
    foreach relation in array array['unit', 'warehouse', 'vat_rate', 'payment_form', 'payment_term', 'price_type', 'occupation', 'currency',
                                    'country', 'document_type', 'customer_type', 'relationship_type', 'visit_type'] loop
        call cee.watch_object(relation, 'select ''master-data'', key, null, null from changed');
    end loop;
end $$;

-- discounts of one partner and component judge each other (duplicate_discount)
call cee.watch_object('customer_discount', $q$
    select 'master-data', key, null, null from changed
    union all
    select 'master-data', d.key, null, null
    from changed c join cee.customer_discount d on d.partner = c.partner and d.component = c.component $q$);

-- the status decides what the partner's other records do; a rep has his address and contacts here
call cee.watch_object('partner', $q$
    select 'partners', key, null, case when count(*) = 1 or count(distinct status) > 1 then 'reps' end from changed group by key
    union all
    select 'sales-reps', r.key, null, null from changed c join cee.rep r on r.number = c.number $q$);

call cee.watch_object('rep', $q$
    select 'sales-reps', key, null, null from changed
    union all
    select 'sales-reps', c.key, p.channel, 'profile'
    from (select key, number from changed group by key, number
          having count(*) = 1 or count(distinct (sales_rep, valid_from, valid_to, employer, former_employers)) > 1) c
    join cee.rep_profile p on p.rep = c.number $q$);

call cee.watch_object('article', $q$
    select 'articles', key, null, case
        when count(*) = 1 or count(distinct status) > 1 then 'assortment'
        when count(distinct (stock_managed, allow_negative)) > 1 then 'stock' end
    from changed group by key $q$);

-- the level of those below depends on it
call cee.watch_object('category', $q$
    select 'article-categories', key, null, case when count(*) = 1 or count(distinct (parent, tree)) > 1 then 'released' end
    from changed group by key $q$);

call cee.watch_object('stock', $q$ select 'availability', key, null, null from changed $q$);

call cee.watch_object('price_list', $q$
    select 'price-lists', key, null, case when count(*) = 1 or count(distinct (customer is null, customer)) > 1 then 'listing' end
    from changed group by key $q$);

-- a price's list gets a new list_version; rows of one list, article, unit and scale judge each other (duplicate_price)
call cee.watch_object('price', $q$
    select 'price-lists', key, null, null from changed
    union all
    select 'price-lists', cee.escape(list), null, null from changed
    union all
    select 'price-lists', q.key, null, null
    from changed c
    join cee.price q on q.article = c.article and q.list = c.list and q.unit = c.unit and q.scale = c.scale and q.key <> c.key $q$);

-- recipients: others receive it, or it came to or left the devices; then its partner is due too, with all that has the
-- partner's audience when a rep made the document on a device
call cee.watch_object('document', $q$
    with moved as (
        select key, channel, count(*) = 1 or count(distinct (
            partner, rep, origin, issue_date, status_general in ('completed', 'invalid', 'reorganization_started'))) > 1 as has_moved
        from changed where channel is not null group by key, channel
    )
    select 'sales-documents', key, channel, case when has_moved then 'recipients' end from moved
    union all
    select 'partners', cee.escape(c.partner), c.channel, case when c.origin = 'mobile' then 'audience' end
    from changed c join moved m on m.key = c.key and m.channel = c.channel where m.has_moved $q$);

-- equal files of one owner judge each other (duplicate_attachment)
call cee.watch_object('attachment', $q$
    select 'attachments', key, null, null from changed
    union all
    select 'attachments', x.key, null, null
    from changed c join cee.attachment x on x.owner_kind = c.owner_kind and x.owner_key = c.owner_key and x.digest = c.digest $q$);
