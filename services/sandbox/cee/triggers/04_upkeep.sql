-- What CEE remembers beside its tables, and the channels' own changes.

-- The last released state of a tree that goes back in process. A tree released again needs none; what only that state had, goes.
create function cee.keep_tree() returns trigger language plpgsql as $$
begin
    if new.status = 'released' then
        insert into ceebus.outbox(kind, key)
        select 'article-categories', r.key from cee.category_released r
        where r.tree = new.root and not exists (select from cee.category k where k.key = r.key);
        delete from cee.category_released where tree = new.root;
    elsif old.status = 'released' then
        insert into cee.category_released(tree, id, parent, position, name, articles, version, changed_at, key)
        select k.tree, k.id, k.parent, k.position, k.name, a.list, k.version, k.changed_at, k.key
        from cee.category k
        left join lateral (
            select jsonb_agg(jsonb_build_object('article', x.article, 'position', x.position) order by x.position, x.row_id) as list
            from cee.category_article x where x.category = k.id) a on true
        where k.tree = new.root;
    end if;
    return null;
end $$;
create trigger keep_tree after update on cee.category_tree for each row execute function cee.keep_tree();

-- The highest version of any of a list's rows, deleted ones included.
create function cee.keep_list_version() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        insert into cee.price_list_change(list, version) select list, nextval('cee.version') from (select distinct list from old_rows) r;
    else
        insert into cee.price_list_change(list, version) select list, max(version) from new_rows group by list on conflict do nothing;
    end if;
    -- older figures go, unless another transaction is just at it
    delete from cee.price_list_change
    where ctid = any (array(
        select o.ctid from cee.price_list_change o
        where exists (select from cee.price_list_change n where n.list = o.list and n.version > o.version)
        limit 100 for update skip locked));
    return null;
end $$;
call cee.watch('price', 'keep_list_version', '');

-- An employer that ended stays known: see cee.is_employed.
create function cee.keep_employer() returns trigger language plpgsql as $$
begin
    new.former_employers := array_remove(array_remove(old.former_employers, old.employer) || old.employer, new.employer);
    return new;
end $$;
create trigger keep_employer before update on cee.rep for each row
    when (old.employer is distinct from new.employer) execute function cee.keep_employer();

-- The tree that was chosen when the channel was active first stays chosen (category_root_changed).
create function cee.fix_root() returns trigger language plpgsql as $$
begin
    if new.active and new.category_root_fixed is null then
        new.category_root_fixed := case when tg_op = 'UPDATE' and old.active then old.category_root else new.category_root end;
    end if;
    return new;
end $$;
create trigger fix_root before insert or update on cee.channel for each row execute function cee.fix_root();
create trigger touch before update on cee.channel for each row execute function cee.touch();

-- A channel's record, and for each group of its settings that changed what depends on them.
create function cee.emit_channel() returns trigger language plpgsql as $$
declare
    channel text := coalesce(new.id, old.id);
begin
    if tg_op = 'UPDATE' and new.version = old.version then
        return null;
    end if;
    insert into ceebus.outbox(kind, key, channel, scope) values ('channels', channel, channel, null);
    if tg_op = 'UPDATE' then
        insert into ceebus.outbox(kind, key, channel, scope)
        select 'channels', channel, channel, scope
        from (values ('assortment', new.assortment_listing <> old.assortment_listing),
                     ('stock', (new.inventory_owner, new.stock_managed, new.allow_negative)
                            <> (old.inventory_owner, old.stock_managed, old.allow_negative)),
                     ('listing', new.price_listing <> old.price_listing),
                     ('categories', new.category_root <> old.category_root),
                     ('documents', new.document_history_days <> old.document_history_days),
                     ('reps', (new.sales_organisation, new.max_user_discount) <> (old.sales_organisation, old.max_user_discount)),
                     ('channel', (new.currency, new.time_zone) <> (old.currency, old.time_zone))) s(scope, has_changed)
        where has_changed;
    end if;
    return null;
end $$;
create trigger emit after insert or update or delete on cee.channel for each row execute function cee.emit_channel();

-- After a bulk load without triggers: what they would have kept.
create function cee.loaded() returns void language sql as $$
    insert into cee.price_list_change(list, version) select list, max(version) from cee.price group by list on conflict do nothing;
    update cee.channel set category_root_fixed = category_root where active and category_root_fixed is null;
$$;
