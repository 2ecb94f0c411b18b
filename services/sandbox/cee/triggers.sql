-- Every committed change writes its key to ceebus.outbox, in the changing transaction, deletes included; nothing else does.
--   cee.touch        before an object's update: a new version, unless nothing changed
--   cee.touch_owner  after a part's change: its object gets a new version (and so an outbox row)
--   cee.emit         after any change, once a statement: the rows that TG_ARGV[0] selects from `rows` go to the outbox
-- A scope (see functions/01_dependents.sql) says what else the source must look at. The source wakes by NOTIFY.

create function ceebus.wake() returns trigger language plpgsql as $$
begin
    notify ceebus_outbox;
    return null;
end $$;
create trigger wake after insert on ceebus.outbox for each statement execute function ceebus.wake();

create function cee.touch() returns trigger language plpgsql as $$
begin
    -- generated columns are not computed yet here; what is written to them is ignored
    if tg_table_name <> 'channel' then
        new.key := old.key;
    end if;
    if tg_table_name = 'attachment' then
        new.digest := old.digest;
    end if;
    if new is not distinct from old then
        return null;  -- nothing changed: no version, no outbox row
    end if;
    if new.version = old.version then
        new.version := nextval('cee.version');
    end if;
    new.changed_at := now();
    return new;
end $$;

-- TG_ARGV: owner table, its key column, the part's column that holds it
create function cee.touch_owner() returns trigger language plpgsql as $$
declare
    changed text := case tg_op
        when 'INSERT' then 'select * from new_rows'
        when 'DELETE' then 'select * from old_rows'
        else '(select * from new_rows except all select * from old_rows) union all (select * from old_rows except all select * from new_rows)' end;
begin
    execute format('update cee.%I set version = nextval(''cee.version'') where %I in (select c.%I from (%s) c)', tg_argv[0], tg_argv[1], tg_argv[2], changed);
    return null;
end $$;

create function cee.emit() returns trigger language plpgsql as $$
declare
    changed text := case tg_op
        when 'INSERT' then 'select * from new_rows'
        when 'DELETE' then 'select * from old_rows'
        else '(select * from new_rows except all select * from old_rows) union all (select * from old_rows except all select * from new_rows)' end;
begin
    execute format('with rows as (%s) insert into ceebus.outbox(kind, key, channel, scope) select distinct * from (%s) found', changed, tg_argv[0]);
    return null;
end $$;

-- One trigger each for insert, update and delete: a transition table belongs to one event.
create function cee.watch(relation text, called text, variadic arguments text[]) returns void language plpgsql as $$
declare
    given text := coalesce((select string_agg(quote_literal(a), ', ') from unnest(arguments) a), '');
    name text := called || '_' || substr(md5(given), 1, 6);
begin
    execute format('create trigger %I after insert on cee.%I referencing new table as new_rows for each statement execute function cee.%I(%s)', name || '_insert', relation, called, given);
    execute format('create trigger %I after update on cee.%I referencing new table as new_rows old table as old_rows for each statement execute function cee.%I(%s)', name || '_update', relation, called, given);
    execute format('create trigger %I after delete on cee.%I referencing old table as old_rows for each statement execute function cee.%I(%s)', name || '_delete', relation, called, given);
end $$;

-- objects: their own key
do $$
declare
    relation text;
begin
    foreach relation in array array['unit', 'warehouse', 'vat_rate', 'payment_form', 'payment_term', 'price_type', 'occupation', 'currency',
        'country', 'document_type', 'customer_type', 'relationship_type', 'visit_type', 'customer_discount', 'partner', 'rep', 'article',
        'category', 'stock', 'price_list', 'price', 'document', 'attachment', 'channel'] loop
        execute format('create trigger touch before update on cee.%I for each row execute function cee.touch()', relation);
    end loop;
    foreach relation in array array['unit', 'warehouse', 'vat_rate', 'payment_form', 'payment_term', 'price_type', 'occupation', 'currency',
        'country', 'document_type', 'customer_type', 'relationship_type', 'visit_type'] loop
        perform cee.watch(relation, 'emit', $q$ select 'master-data', key, null, null from rows $q$);
    end loop;
end $$;

-- discounts of one partner and component judge each other (duplicate_discount)
select cee.watch('customer_discount', 'emit', $q$
    select 'master-data', key, null, null from rows
    union all
    select 'master-data', d.key, null, null from rows r join cee.customer_discount d on d.partner = r.partner and d.component = r.component $q$);

select cee.watch('partner', 'emit', $q$
    select 'partners', key, null, null from rows
    union all
    select 'sales-reps', r.key, null, null from rows p join cee.rep r on r.number = p.number $q$);
select cee.watch('partner_version', 'emit', $q$
    select 'partners', p.key, null, 'reps' from rows v join cee.partner p on p.number = v.partner $q$);
select cee.watch('channel_partner', 'emit', $q$
    select 'partners', p.key, c.channel, 'reps' from rows c join cee.partner p on p.number = c.partner $q$);
select cee.watch('partner_rep', 'emit', $q$
    select 'partners', p.key, r.channel, 'reps' from rows r join cee.partner p on p.number = r.partner $q$);
select cee.watch('rep', 'emit', $q$ select 'sales-reps', key, null, null from rows $q$);
select cee.watch('rep_profile', 'emit', $q$ select 'sales-reps', r.key, p.channel, null from rows p join cee.rep r on r.number = p.rep $q$);
select cee.watch('rep_warehouse', 'emit', $q$ select 'sales-reps', r.key, p.channel, null from rows p join cee.rep r on r.number = p.rep $q$);
select cee.watch('rep_payment_form', 'emit', $q$ select 'sales-reps', r.key, p.channel, null from rows p join cee.rep r on r.number = p.rep $q$);
select cee.watch('rep_price_list', 'emit', $q$
    select 'sales-reps', r.key, p.channel, null from rows p join cee.rep r on r.number = p.rep
    union all
    select 'price-lists', l.key, p.channel, null from rows p join cee.price_list l on l.code = p.list $q$);
select cee.watch('article', 'emit', $q$ select 'articles', key, null, null from rows $q$);
select cee.watch('assortment_item', 'emit', $q$
    select 'articles', a.key, null, 'assortment' from rows i join cee.article a on a.number = i.article $q$);
select cee.watch('assortment_list', 'emit', $q$
    select 'articles', a.key, null, 'assortment'
    from rows l join cee.assortment_item i on i.listing = l.listing and i.list = l.list join cee.article a on a.number = i.article $q$);
select cee.watch('category', 'emit', $q$ select 'article-categories', key, null, null from rows $q$);
select cee.watch('stock', 'emit', $q$ select 'availability', key, null, null from rows $q$);
select cee.watch('price_list', 'emit', $q$ select 'price-lists', key, null, null from rows $q$);
select cee.watch('price_listing_item', 'emit', $q$
    select 'price-lists', l.key, null, 'listing' from rows i join cee.price_list l on l.code = i.list $q$);
-- rows of one article, list, unit and scale judge each other (duplicate_price), and their list gets a new list_version
select cee.watch('price', 'emit', $q$
    select 'price-lists', key, null, null from rows
    union all
    select 'price-lists', l.key, null, null from (select distinct list from rows) r join cee.price_list l on l.code = r.list
    union all
    select 'price-lists', q.key, null, null
    from rows r join cee.price q on q.article = r.article and q.list = r.list and q.unit = r.unit and q.scale = r.scale and q.row_id <> r.row_id $q$);
select cee.watch('document', 'emit', $q$ select 'sales-documents', key, channel, null from rows where channel is not null $q$);
select cee.watch('attachment', 'emit', $q$
    select 'attachments', key, null, null from rows
    union all
    select 'articles', owner_key, null, null from rows where owner_kind = 'article'
    union all  -- an equal file of the same owner judges this one (duplicate_attachment)
    select 'attachments', x.key, null, null
    from rows r join cee.attachment x on x.owner_kind = r.owner_kind and x.owner_key = r.owner_key and x.digest = r.digest $q$);
select cee.watch('channel_warehouse', 'emit', $q$ select 'channels', channel, channel, 'channel' from rows $q$);

-- parts: their object gets a new version
select cee.watch('vat_rate_value', 'touch_owner', 'vat_rate', 'code', 'vat_rate');
select cee.watch('country_region', 'touch_owner', 'country', 'code', 'country');
select cee.watch('partner_version', 'touch_owner', 'partner', 'number', 'partner');
select cee.watch('partner_address', 'touch_owner', 'partner', 'number', 'partner');
select cee.watch('partner_contact', 'touch_owner', 'partner', 'number', 'partner');
select cee.watch('contact_person', 'touch_owner', 'partner', 'number', 'partner');
select cee.watch('partner_relationship', 'touch_owner', 'partner', 'number', 'partner');
select cee.watch('partner_attribute', 'touch_owner', 'partner', 'number', 'partner');
select cee.watch('channel_partner', 'touch_owner', 'partner', 'number', 'partner');
select cee.watch('partner_rep', 'touch_owner', 'partner', 'number', 'partner');
select cee.watch('rep_organisation', 'touch_owner', 'rep', 'number', 'rep');
select cee.watch('rep_profile', 'touch_owner', 'rep', 'number', 'rep');
select cee.watch('rep_warehouse', 'touch_owner', 'rep', 'number', 'rep');
select cee.watch('rep_payment_form', 'touch_owner', 'rep', 'number', 'rep');
select cee.watch('rep_price_list', 'touch_owner', 'rep', 'number', 'rep');
select cee.watch('article_unit', 'touch_owner', 'article', 'number', 'article');
select cee.watch('article_ean', 'touch_owner', 'article', 'number', 'article');
select cee.watch('article_attribute', 'touch_owner', 'article', 'number', 'article');
select cee.watch('category_article', 'touch_owner', 'category', 'id', 'category');
select cee.watch('channel_warehouse', 'touch_owner', 'channel', 'id', 'channel');

-- parts whose owner is two columns or one step away
create function cee.touch_person() returns trigger language plpgsql as $$
begin
    update cee.partner set version = nextval('cee.version')
    where number = (select p.partner from cee.contact_person p where p.id = coalesce(new.contact_person, old.contact_person));
    return null;
end $$;
create trigger touch_owner after insert or update or delete on cee.contact_person_contact for each row execute function cee.touch_person();

create function cee.touch_document() returns trigger language plpgsql as $$
declare
    changed text := case tg_op
        when 'INSERT' then 'select * from new_rows'
        when 'DELETE' then 'select * from old_rows'
        else '(select * from new_rows except all select * from old_rows) union all (select * from old_rows except all select * from new_rows)' end;
begin
    execute format('update cee.document d set version = nextval(''cee.version'')
        from (select distinct c.type, c.hq_number from (%s) c) c where d.type = c.type and d.hq_number = c.hq_number', changed);
    return null;
end $$;
select cee.watch('document_line', 'touch_document', '');

-- scopes: row by row, because a column list and a transition table exclude each other; they fire for the named columns only
create function cee.emit_scope() returns trigger language plpgsql as $$
declare
    row_kind text := tg_argv[0];
    row_scope text := tg_argv[1];
begin
    if tg_op <> 'INSERT' then
        insert into ceebus.outbox(kind, key, channel, scope) values (row_kind, old.key, null, row_scope);
    end if;
    if tg_op <> 'DELETE' and (tg_op = 'INSERT' or new.key <> old.key) then
        insert into ceebus.outbox(kind, key, channel, scope) values (row_kind, new.key, null, row_scope);
    end if;
    return null;
end $$;
create trigger scope_status after update on cee.partner for each row
    when (old.status is distinct from new.status) execute function cee.emit_scope('partners', 'reps');
create trigger scope_profile after update on cee.rep for each row
    when ((old.sales_rep, old.valid_from, old.valid_to, old.employer) is distinct from (new.sales_rep, new.valid_from, new.valid_to, new.employer))
    execute function cee.emit_scope('sales-reps', 'profile');
create trigger scope_assortment after update on cee.article for each row
    when (old.status is distinct from new.status) execute function cee.emit_scope('articles', 'assortment');
create trigger scope_stock after update on cee.article for each row
    when ((old.stock_managed, old.allow_negative) is distinct from (new.stock_managed, new.allow_negative))
    execute function cee.emit_scope('articles', 'stock');
create trigger scope_tree after update on cee.category for each row
    when (old.parent is distinct from new.parent) execute function cee.emit_scope('article-categories', 'released');
create trigger scope_listing after update on cee.price_list for each row
    when (old.customer is distinct from new.customer) execute function cee.emit_scope('price-lists', 'listing');

create function cee.emit_profile() returns trigger language plpgsql as $$
begin
    insert into ceebus.outbox(kind, key, channel, scope)
    select 'sales-reps', r.key, coalesce(new.channel, old.channel), 'profile' from cee.rep r where r.number = coalesce(new.rep, old.rep);
    return null;
end $$;
create trigger scope_profile after insert or delete on cee.rep_profile for each row execute function cee.emit_profile();
create trigger scope_documents after update on cee.rep_profile for each row
    when (old.hq_documents is distinct from new.hq_documents) execute function cee.emit_profile();

-- a document's recipients; a deleted one can't be asked for its partner any more, so that is named here
create function cee.emit_recipients() returns trigger language plpgsql as $$
begin
    if tg_op <> 'DELETE' and new.channel is not null then
        insert into ceebus.outbox(kind, key, channel, scope) values ('sales-documents', new.key, new.channel, 'recipients');
    end if;
    if tg_op <> 'INSERT' then
        insert into ceebus.outbox(kind, key, channel, scope)
        select 'partners', p.key, old.channel, 'reps' from cee.partner p where p.number = old.partner;
    end if;
    if tg_op <> 'INSERT' and old.channel is not null then
        insert into ceebus.outbox(kind, key, channel, scope) values ('sales-documents', old.key, old.channel, null);
    end if;
    return null;
end $$;
create trigger scope_recipients after insert or delete on cee.document for each row execute function cee.emit_recipients();
create trigger scope_recipients_update after update on cee.document for each row
    when ((old.partner, old.channel, old.rep, old.origin, old.status_general, old.issue_date)
        is distinct from (new.partner, new.channel, new.rep, new.origin, new.status_general, new.issue_date))
    execute function cee.emit_recipients();

-- channels: the record itself, and with any setting but `active` and `description` all that depends on it
create function cee.emit_channel() returns trigger language plpgsql as $$
declare
    unimportant text[] := array['version', 'changed_at', 'active', 'description', 'category_root_fixed'];
begin
    insert into ceebus.outbox(kind, key, channel, scope) values ('channels', coalesce(new.id, old.id), coalesce(new.id, old.id),
        case when tg_op = 'UPDATE' and to_jsonb(new) - unimportant <> to_jsonb(old) - unimportant then 'channel' end);
    return null;
end $$;
create trigger emit after insert or update or delete on cee.channel for each row execute function cee.emit_channel();

-- the tree that was chosen when the channel was active first stays chosen (category_root_changed)
create function cee.fix_root() returns trigger language plpgsql as $$
begin
    if new.active and new.category_root_fixed is null then
        new.category_root_fixed := new.category_root;
    end if;
    return new;
end $$;
create trigger fix_root before insert or update on cee.channel for each row execute function cee.fix_root();

create function cee.keep_employer() returns trigger language plpgsql as $$
begin
    new.former_employers := array_remove(array_remove(old.former_employers, old.employer) || old.employer, new.employer);
    return new;
end $$;
create trigger keep_employer before update on cee.rep for each row
    when (old.employer is distinct from new.employer) execute function cee.keep_employer();

-- list_version: the highest version of any of a list's rows, deleted ones included
create function cee.note_list_version() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        insert into cee.price_list_change(list, version) select list, nextval('cee.version') from (select distinct list from old_rows) r;
    else
        insert into cee.price_list_change(list, version) select list, max(version) from new_rows group by list on conflict do nothing;
    end if;
    return null;
end $$;
select cee.watch('price', 'note_list_version', '');

-- a tree that goes back in process keeps its last released state; released again, both states' keys are due
create function cee.keep_tree() returns trigger language plpgsql as $$
begin
    if old.status = 'released' and new.status <> 'released' then
        insert into cee.category_released(tree, id, parent, position, name, articles, version, changed_at, key)
        select k.tree, k.id, k.parent, k.position, k.name, a.list, k.version, k.changed_at, k.key
        from cee.category k
        left join lateral (
            select jsonb_agg(jsonb_build_object('article', x.article, 'position', x.position) order by x.position, x.row_id) as list
            from cee.category_article x where x.category = k.id) a on true
        where k.tree = new.root;
    elsif new.status = 'released' and old.status <> 'released' then
        insert into ceebus.outbox(kind, key) select 'article-categories', k.key from cee.category k where k.tree = new.root;
        insert into ceebus.outbox(kind, key) select 'article-categories', k.key from cee.category_released k where k.tree = new.root;
        delete from cee.category_released where tree = new.root;
    end if;
    return null;
end $$;
create trigger keep_tree after update on cee.category_tree for each row execute function cee.keep_tree();

-- After a bulk load without triggers: what the triggers would have kept.
create function cee.loaded() returns void language sql as $$
    insert into cee.price_list_change(list, version) select list, max(version) from cee.price group by list on conflict do nothing;
    update cee.channel set category_root_fixed = category_root where active and category_root_fixed is null;
$$;
