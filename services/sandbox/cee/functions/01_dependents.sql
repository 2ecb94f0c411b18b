-- What a change makes due besides the object itself (domain.md 6, "dependent change"), transitively, in pages of (kind, key).
-- Called by the source with the scope that a trigger wrote; a key that is named although nothing changed costs a read, no more.

-- Whatever carries a partner's audience: its files, discounts, customer-level lists and their prices.
create function cee.of_partner(partner_key text) returns table (kind text, key text)
language sql stable rows 20 as $$
    select 'attachments', t.key from cee.attachment t where t.owner_kind = 'partner' and t.owner_key = $1
    union all
    select 'master-data', d.key from cee.partner p join cee.customer_discount d on d.partner = p.number where p.key = $1
    union all
    select 'price-lists', l.key from cee.partner p join cee.price_list l on l.customer = p.number where p.key = $1
    union all
    select 'price-lists', r.key
    from cee.partner p join cee.price_list l on l.customer = p.number join cee.price r on r.list = l.code
    where p.key = $1
$$;

-- scope reps: reps, assignment or status of a partner
create function cee.dependents_of_partner(channel text, partner_key text) returns table (kind text, key text)
language sql stable rows 50 as $$
    select o.kind, o.key from cee.of_partner($2) o
    union all
    select 'sales-documents', d.key from cee.partner p join cee.document d on d.partner = p.number and d.channel = $1 where p.key = $2
    union all
    select 'attachments', t.key
    from cee.partner p join cee.document d on d.partner = p.number and d.channel = $1
    join cee.attachment t on t.owner_kind = 'document' and t.owner_key = d.key
    where p.key = $2
$$;

-- scope recipients: a document came, went or has others who receive it; what only documents name is sent as a stub
create function cee.dependents_of_document(channel text, document_key text) returns table (kind text, key text)
language sql stable rows 50 as $$
    select 'attachments', t.key from cee.attachment t where t.owner_kind = 'document' and t.owner_key = $2
    union all
    select 'partners', p.key from cee.document d join cee.partner p on p.number = d.partner where d.key = $2
    union all
    select o.kind, o.key
    from cee.document d join cee.partner p on p.number = d.partner cross join lateral cee.of_partner(p.key) o
    where d.key = $2
    union all
    select 'sales-reps', r.key from cee.document d join cee.rep r on r.number = d.rep where d.key = $2
    union all
    select 'articles', a.key
    from cee.document d
    join cee.document_line l on l.type = d.type and l.hq_number = d.hq_number
    join cee.article a on a.number = l.article
    where d.key = $2
$$;

-- scope assortment: an article came into or left the assortment, or is marked for deletion
create function cee.dependents_of_article(channel text, article_key text) returns table (kind text, key text)
language sql stable rows 50 as $$
    select 'availability', s.key from cee.article a join cee.stock s on s.article = a.number where a.key = $2
    union all
    select 'price-lists', p.key
    from cee.article a
    join cee.price p on p.article = a.number
    join cee.price_listing_item i on i.list = p.list
    join cee.channel c on c.price_listing = i.listing and c.id = $1
    where a.key = $2
    union all
    select 'attachments', t.key from cee.attachment t where t.owner_kind = 'article' and t.owner_key = $2
$$;

-- scope profile: a rep's profile, validity or flags; who receives CEE's documents, and whose profile lacks a list
create function cee.dependents_of_rep(channel text) returns table (kind text, key text)
language sql stable rows 1000 as $$
    select 'sales-documents', d.key from cee.document d where d.channel = $1
    union all
    select 'attachments', t.key from cee.document d join cee.attachment t on t.owner_kind = 'document' and t.owner_key = d.key
    where d.channel = $1
    union all
    select 'price-lists', l.key
    from cee.channel c join cee.price_listing_item i on i.listing = c.price_listing join cee.price_list l on l.code = i.list
    where c.id = $1
$$;

-- scope channel: a setting of the channel; all it has and all that it could have now
create function cee.dependents_of_channel(channel text) returns table (kind text, key text)
language sql stable rows 10000 as $$
    select p.kind, p.key from ceebus.published p where p.channel = $1 and not p.removed and p.kind <> 'channels'
    union all
    select 'articles', a.key
    from cee.channel c join cee.assortment_item i on i.listing = c.assortment_listing join cee.article a on a.number = i.article
    where c.id = $1
    union all
    select 'availability', s.key
    from cee.channel c join cee.channel_warehouse w on w.channel = c.id
    join cee.stock s on s.warehouse = w.warehouse and s.owner = c.inventory_owner
    where c.id = $1
    union all
    select 'article-categories', k.key from cee.channel c join cee.category k on k.tree = c.category_root where c.id = $1
    union all
    select 'price-lists', l.key
    from cee.channel c join cee.price_listing_item i on i.listing = c.price_listing join cee.price_list l on l.code = i.list
    where c.id = $1
    union all
    select 'price-lists', p.key
    from cee.channel c join cee.price_listing_item i on i.listing = c.price_listing join cee.price p on p.list = i.list
    where c.id = $1
    union all
    select 'sales-documents', d.key from cee.document d where d.channel = $1
    union all
    select 'sales-reps', r.key from cee.rep_profile p join cee.rep r on r.number = p.rep where p.channel = $1
    union all
    select 'master-data', w.key from cee.channel_warehouse c join cee.warehouse w on w.code = c.warehouse where c.channel = $1
$$;

create function cee.dependents(channel text, kind text, key text, scope text, after_kind text, after_key text, lim int)
returns table (kind text, key text)
language sql stable rows 100 as $$
    with found(kind, key) as (
        select d.kind, d.key from cee.dependents_of_partner($1, $3) d where $2 = 'partners' and $4 = 'reps'
        union all
        select d.kind, d.key from cee.dependents_of_document($1, $3) d where $2 = 'sales-documents' and $4 = 'recipients'
        union all
        select d.kind, d.key from cee.dependents_of_article($1, $3) d where $2 = 'articles' and $4 = 'assortment'
        union all
        select 'availability', s.key from cee.article a join cee.stock s on s.article = a.number
        where $2 = 'articles' and $4 = 'stock' and a.key = $3
        union all
        select 'price-lists', p.key from cee.price_list l join cee.price p on p.list = l.code
        where $2 = 'price-lists' and $4 = 'listing' and l.key = $3
        union all
        select 'article-categories', c.key from cee.category k join cee.category c on c.tree = k.tree
        where $2 = 'article-categories' and $4 = 'released' and k.key = $3
        union all
        select 'article-categories', c.key from cee.category_released k join cee.category_released c on c.tree = k.tree
        where $2 = 'article-categories' and $4 = 'released' and k.key = $3
        union all
        select d.kind, d.key from cee.dependents_of_rep($1) d where $2 = 'sales-reps' and $4 = 'profile'
        union all
        select d.kind, d.key from cee.dependents_of_channel($1) d where $2 = 'channels' and $4 = 'channel'
    )
    select distinct f.kind collate "C", f.key collate "C"
    from found f
    where (f.kind collate "C", f.key collate "C") > ($5, $6)
    order by 1, 2
    limit $7
$$;
