-- dependents: the contract's function, in pages of (kind, key). Small families are sorted, whole kinds are walked by an index.

-- All keys that a kind could have in the channel, or could have had: the source knows which of them it published.
create function cee.keys_of(channel text, of_kind text, after text, lim int) returns table (key text)
language plpgsql stable rows 1000 as $$
begin
    case of_kind
    when 'master-data' then return query
        select x.key from (
            select w.key from cee.warehouse w union all select d.key from cee.customer_discount d where d.key > keys_of.after) x
        where x.key > keys_of.after order by x.key limit lim;
    when 'sales-reps' then return query
        select x.key from cee.rep x where x.key > keys_of.after order by x.key limit lim;
    when 'partners' then return query
        select x.key from cee.partner x where x.key > keys_of.after order by x.key limit lim;
    when 'articles' then return query
        select x.key from cee.article x where x.key > keys_of.after order by x.key limit lim;
    when 'article-categories' then return query
        select distinct x.key from (select k.key from cee.category k union all select k.key from cee.category_released k) x
        where x.key > keys_of.after order by x.key limit lim;
    when 'availability' then return query
        select x.key from cee.stock x where x.key > keys_of.after order by x.key limit lim;
    when 'price-lists' then return query
        select distinct x.key from (select l.key from cee.price_list l union all select p.key from cee.price p) x
        where x.key > keys_of.after order by x.key limit lim;
    when 'sales-documents' then return query
        select x.key from cee.document x where x.channel = keys_of.channel and x.key > keys_of.after order by x.key limit lim;
    when 'attachments' then return query
        select x.key from cee.attachment x where x.key > keys_of.after order by x.key limit lim;
    end case;
end $$;

-- The kinds that a group of channel settings decides about, in key order.
create function cee.kinds_of(scope text) returns text[]
language sql immutable parallel safe
return case scope
    when 'assortment' then array['articles', 'attachments', 'availability', 'price-lists']
    when 'stock' then array['availability', 'master-data']
    when 'listing' then array['price-lists']
    when 'categories' then array['article-categories']
    when 'documents' then array['articles', 'attachments', 'master-data', 'partners', 'price-lists', 'sales-documents', 'sales-reps']
    when 'reps' then array['attachments', 'price-lists', 'sales-documents', 'sales-reps']
    else array['article-categories', 'articles', 'attachments', 'availability', 'master-data', 'partners', 'price-lists',
               'sales-documents', 'sales-reps']
end;

-- sales-reps/profile: documents born in CEE whose partner names this rep or nobody, their files, and the lists of the listing,
-- which may miss on his profile
create function cee.with_rep(channel text, rep_key text, after_kind text, after_key text, lim int) returns table (kind text, key text)
language sql stable rows 1000 as $$
    (select 'attachments', t.key from cee.attachment t
     where t.owner_kind = 'document' and t.key > cee.after('attachments', $3, $4) order by t.key limit $5)
    union all
    (select 'price-lists', l.key from cee.price_list l where l.key > cee.after('price-lists', $3, $4) order by l.key limit $5)
    union all
    (select 'sales-documents', d.key
     from cee.document d
     left join lateral cee.named_reps(d.channel, d.partner) n on true
     where d.channel = $1 and d.origin <> 'mobile' and d.key > cee.after('sales-documents', $3, $4)
       and (n.named is null or cee.unescape($2) = any (n.named))
     order by d.key limit $5)
$$;

create function cee.dependents(channel text, parent_kind text, parent_key text, scope text, after_kind text, after_key text, lim int)
returns table (kind text, key text)
language plpgsql stable rows 100 as $$
#variable_conflict use_column
declare
    of_kind text;
    missing int := lim;
    named int;
begin
    if $2 = 'channels' then
        foreach of_kind in array cee.kinds_of(scope) loop
            return query select of_kind, k.key from cee.keys_of($1, of_kind, cee.after(of_kind, $5, $6), missing) k;
            get diagnostics named = row_count;
            missing := missing - named;
            exit when missing <= 0;
        end loop;
        return;
    end if;
    return query
        select distinct f.kind collate "C", f.key collate "C"
        from (
            select w.kind, w.key from cee.with_partner($1, $3) w where $2 = 'partners' and $4 = 'reps'
            union all
            select w.kind, w.key from cee.with_audience($3) w where $2 = 'partners' and $4 = 'audience'
              and exists (select from cee.partner_rep r where r.channel = $1 and r.partner = cee.unescape($3))
            union all
            select w.kind, w.key from cee.with_document($1, $3) w where $2 = 'sales-documents' and $4 = 'recipients'
            union all
            select w.kind, w.key from cee.with_article($3) w where $2 = 'articles' and $4 = 'assortment'
            union all
            select 'availability', s.key from cee.stock s where s.article = cee.unescape($3) and $2 = 'articles' and $4 = 'stock'
            union all
            select w.kind, w.key from cee.with_category($3) w where $2 = 'article-categories' and $4 = 'released'
            union all
            select w.kind, w.key from cee.with_list($3, $5, $6, $7) w where $2 = 'price-lists' and $4 = 'listing'
            union all
            select w.kind, w.key from cee.with_rep($1, $3, $5, $6, $7) w where $2 = 'sales-reps' and $4 = 'profile'
        ) f
        where f.key > cee.after(f.kind, $5, $6)
        order by 1, 2
        limit $7;
end $$;
