-- What a change makes due besides the object itself (domain.md 6, "dependent change"), transitively.
-- A key that is named although nothing changed costs a read, no more; one that is missing is a change nobody hears of.
-- Nothing here joins the changed object: it may be gone, and what stood by it is due then too.

-- The code in a key of one part.
create function cee.unescape(key text) returns text
language sql immutable strict parallel safe
return replace(replace(key, '%2F', '/'), '%25', '%');

-- Where a page goes on within a kind: null where the kind is behind it already.
create function cee.after(of_kind text, after_kind text, after_key text) returns text
language sql immutable parallel safe
return case when of_kind collate "C" > coalesce(after_kind, '') then '' when of_kind = after_kind then coalesce(after_key, '') end;

-- partners/audience: what carries the partner's audience, if the partner has one: files, discounts, own lists and their prices
create function cee.with_audience(partner_key text) returns table (kind text, key text)
language sql stable rows 20 as $$
    select 'attachments', t.key from cee.attachment t where t.owner_kind = 'partner' and t.owner_key = $1
    union all
    select 'master-data', d.key from cee.customer_discount d where d.partner = cee.unescape($1)
    union all
    select 'price-lists', l.key from cee.price_list l where l.customer = cee.unescape($1)
    union all
    select 'price-lists', p.key from cee.price_list l join cee.price p on p.key > l.key || '/' and p.key < l.key || '0'
    where l.customer = cee.unescape($1)
$$;

-- sales-documents/recipients: its files, and what travels as a stub because the document names it
create function cee.with_document(channel text, document_key text) returns table (kind text, key text)
language sql stable rows 10 as $$
    select 'attachments', t.key from cee.attachment t where t.owner_kind = 'document' and t.owner_key = $2
    union all
    select 'sales-reps', cee.escape(d.rep) from cee.document d where d.key = $2 and d.rep is not null
    union all
    select 'articles', a.key
    from cee.document d
    join cee.document_line l on l.type = d.type and l.hq_number = d.hq_number
    join cee.article a on a.number = l.article
    join cee.channel_today c on c.id = $1
    left join lateral cee.assorted(c.assortment_listing, c.assortment_lists, a.number, c.today) s on true
    where d.key = $2 and (s.inside is null or a.status = 'marked_for_deletion')
$$;

-- partners/reps: reps, assignment or status of the partner
create function cee.with_partner(channel text, partner_key text) returns table (kind text, key text)
language sql stable rows 50 as $$
    select w.kind, w.key from cee.with_audience($2) w
    union all
    select 'sales-documents', d.key from cee.document d where d.partner = cee.unescape($2) and d.channel = $1
    union all
    select w.kind, w.key
    from cee.document d cross join lateral cee.with_document($1, d.key) w
    where d.partner = cee.unescape($2) and d.channel = $1
$$;

-- articles/assortment: it came into the assortment or left it
create function cee.with_article(article_key text) returns table (kind text, key text)
language sql stable rows 50 as $$
    select 'availability', s.key from cee.stock s where s.article = cee.unescape($1)
    union all
    select 'price-lists', p.key from cee.price p where p.article = cee.unescape($1)
    union all
    select 'attachments', t.key from cee.attachment t where t.owner_kind = 'article' and t.owner_key = $1
$$;

-- article-categories/released: those below, and of a root the whole tree
create function cee.with_category(category_key text) returns table (kind text, key text)
language sql stable rows 300 as $$
    with recursive below(id, key) as (
        select k.id, k.key from cee.category k where k.parent = cee.unescape($1)
        union
        select k.id, k.key from below b join cee.category k on k.parent = b.id
    )
    select 'article-categories', b.key from below b
    union
    select 'article-categories', k.key from cee.category k where k.tree = cee.unescape($1)
    union
    select 'article-categories', k.key from cee.category_released k where k.tree = cee.unescape($1)
$$;

-- price-lists/listing: it came into the listing or left it, or is another customer's
create function cee.with_list(list_key text, after_kind text, after_key text, lim int) returns table (kind text, key text)
language sql stable rows 1000 as $$
    select 'price-lists', p.key from cee.price p
    where p.key > $1 || '/' and p.key < $1 || '0' and p.key > cee.after('price-lists', $2, $3)
    order by p.key limit $4
$$;
