-- Parts of objects, and the rows that decide which channel an object belongs to.

do $$
declare
    part text[];
begin
    foreach part slice 1 in array array[
        -- part, owner, owner's column, the part's column
        ['vat_rate_value', 'vat_rate', 'code', 'vat_rate'],
        ['country_region', 'country', 'code', 'country'],
        ['partner_version', 'partner', 'number', 'partner'],
        ['partner_address', 'partner', 'number', 'partner'],
        ['partner_contact', 'partner', 'number', 'partner'],
        ['contact_person', 'partner', 'number', 'partner'],
        ['partner_relationship', 'partner', 'number', 'partner'],
        ['partner_attribute', 'partner', 'number', 'partner'],
        ['channel_partner', 'partner', 'number', 'partner'],
        ['partner_rep', 'partner', 'number', 'partner'],
        ['rep_organisation', 'rep', 'number', 'rep'],
        ['rep_profile', 'rep', 'number', 'rep'],
        ['rep_warehouse', 'rep', 'number', 'rep'],
        ['rep_price_list', 'rep', 'number', 'rep'],
        ['rep_payment_form', 'rep', 'number', 'rep'],
        ['article_unit', 'article', 'number', 'article'],
        ['article_ean', 'article', 'number', 'article'],
        ['article_attribute', 'article', 'number', 'article'],
        ['category_article', 'category', 'id', 'category'],
        ['channel_warehouse', 'channel', 'id', 'channel']] loop
        call cee.watch(part[1], 'touch_owner', part[2], part[3], format('select %I from changed', part[4]));
    end loop;
end $$;
call cee.watch('contact_person_contact', 'touch_owner', 'partner', 'number',
    'select p.partner from changed c join cee.contact_person p on p.id = c.contact_person');
-- A document that came or changed in this very transaction is in the outbox already, with a version that nobody has seen yet:
-- the lines that come with it do not give it another one. Rows of kind sales-documents are written by its own trigger only.
call cee.watch('document_line', 'touch_owner', 'document', 'key', $q$
    select cee.escape(type) || '/' || cee.escape(hq_number) from (select distinct type, hq_number from changed) c
    except
    select key from ceebus.outbox where txid = pg_current_xact_id() and kind = 'sales-documents' $q$);
call cee.watch('attachment', 'touch_owner', 'article', 'key', 'select owner_key from changed where owner_kind = ''article''');

call cee.watch_part('partner_version', $q$ select 'partners', cee.escape(partner), null, 'reps' from changed $q$);
call cee.watch_part('channel_partner', $q$ select 'partners', cee.escape(partner), channel, 'reps' from changed $q$);
call cee.watch_part('partner_rep', $q$ select 'partners', cee.escape(partner), channel, 'reps' from changed $q$);

call cee.watch_part('rep_profile', $q$
    select 'sales-reps', cee.escape(rep), channel, 'profile'
    from changed group by rep, channel having count(*) = 1 or count(distinct hq_documents) > 1 $q$);
call cee.watch_part('rep_price_list', $q$ select 'price-lists', cee.escape(list), channel, null from changed $q$);

call cee.watch_part('assortment_item', $q$
    select 'articles', cee.escape(i.article), c.id, 'assortment' from changed i join cee.channel c on c.assortment_listing = i.listing $q$);
call cee.watch_part('assortment_list', $q$
    select 'articles', cee.escape(i.article), c.id, 'assortment'
    from changed l
    join cee.channel c on c.assortment_listing = l.listing
    join cee.assortment_item i on i.listing = l.listing and i.list = l.list $q$);
call cee.watch_part('price_listing_item', $q$
    select 'price-lists', cee.escape(i.list), c.id, 'listing' from changed i join cee.channel c on c.price_listing = i.listing $q$);

-- an article outside the assortment that a document names is sent as a stub; the limit holds the planner to one look-up a document
call cee.watch_part('document_line', $q$
    select 'articles', a.key, n.channel, null
    from (select distinct d.channel, l.article
          from (select distinct type, hq_number from changed) h
          cross join lateral (select x.channel from cee.document x where x.type = h.type and x.hq_number = h.hq_number limit 1) d
          join changed l on l.type = h.type and l.hq_number = h.hq_number) n
    join cee.channel_today c on c.id = n.channel
    join cee.article a on a.number = n.article
    left join lateral cee.assorted(c.assortment_listing, c.assortment_lists, a.number, c.today) s on true
    where s.inside is null or a.status = 'marked_for_deletion' $q$);

call cee.watch_part('channel_warehouse', $q$ select 'channels', channel, channel, 'stock' from changed $q$);

-- a tree that comes, goes or is released: every category of it
call cee.watch_part('category_tree', $q$
    select 'article-categories', cee.escape(root), null, 'released' from changed $q$);
