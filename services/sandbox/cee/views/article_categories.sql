-- article-categories (domain.md 3.5): the channel's tree in its last released state; a tree that never was released has the
-- status in_process, and the tree of another root than the first exported one the problem category_root_changed.

-- Depth of a category (root = 1) and whether its way up runs in a circle; the walk ends after 12 steps.
create function cee.category_way(id text, released bool) returns table (level int, cycle bool)
language sql stable rows 1 as $$
    with recursive up(parent, level, path, cycle) as (
        select k.parent, 1, array[k.id], false
        from (select x.id, x.parent from cee.category x where not $2 and x.id = $1
              union all select x.id, x.parent from cee.category_released x where $2 and x.id = $1) k
        union all
        select k.parent, up.level + 1, up.path || k.id, k.id = any (up.path)
        from up
        cross join lateral (
            select x.id, x.parent from cee.category x where not $2 and x.id = up.parent
            union all
            select x.id, x.parent from cee.category_released x where $2 and x.id = up.parent) k
        where up.level < 12 and not up.cycle
    )
    select max(up.level), bool_or(up.cycle) from up
$$;

create view cee.article_categories as
with state as (
    select k.id, k.tree, k.parent, k.position, k.name, k.version, k.changed_at, k.key, a.list as articles, false as kept, t.status
    from cee.category k
    join cee.category_tree t on t.root = k.tree
    left join lateral (
        select jsonb_agg(jsonb_build_object('article', x.article, 'position', x.position) order by x.position, x.row_id) as list
        from cee.category_article x where x.category = k.id) a on true
    where t.status = 'released' or not exists (select from cee.category_released r where r.tree = k.tree)
    union all
    select k.id, k.tree, k.parent, k.position, k.name, k.version, k.changed_at, k.key, k.articles, true, 'released'
    from cee.category_released k
    join cee.category_tree t on t.root = k.tree
    where t.status <> 'released'
)
select c.id as channel,
       k.key,
       k.version,
       jsonb_strip_nulls(jsonb_build_object(
           'id', k.id,
           'name', k.name,
           'parent', k.parent,
           'position', k.position,
           'status', k.status,
           'root', k.tree,
           'level', w.level,
           'articles', k.articles,
           'changed_at', cee.iso(k.changed_at),
           'problems', case
               when k.tree <> coalesce(c.category_root_fixed, c.category_root) then jsonb_build_array(jsonb_build_object(
                   'code', 'category_root_changed', 'params', jsonb_build_object('root', k.tree)))
               when w.cycle then jsonb_build_array(jsonb_build_object('code', 'category_cycle', 'params', jsonb_build_object('key', k.id)))
               when w.level > 10 then jsonb_build_array(jsonb_build_object('code', 'category_too_deep', 'params', jsonb_build_object('key', k.id)))
           end
       )) as body,
       true as member
from cee.channel c
join state k on k.tree in (c.category_root, coalesce(c.category_root_fixed, c.category_root))
cross join lateral cee.category_way(k.id, k.kept) w;
