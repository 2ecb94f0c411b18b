-- name: categories
-- domain.md 3.5: the released tree, or what it was when it was taken back. Walked from the root, so what stands below a
-- bad category, and cycles, are never reached. Fields: names, parent, place, depth, the articles that devices know.
insert into want
with recursive node as (
    select k.id, k.parent, k.position, k.name,
           coalesce((select jsonb_agg(jsonb_build_array(x.article, x.position)) from cee.category_article x where x.category = k.id), '[]') as articles
    from want_channel c join cee.category_tree t on t.root = c.category_root and t.status = 'released'
    join cee.category k on k.tree = t.root
    union all
    select k.id, k.parent, k.position, k.name, coalesce(
        (select jsonb_agg(jsonb_build_array(x->>'article', x->'position')) from jsonb_array_elements(k.articles) x), '[]')
    from want_channel c join cee.category_tree t on t.root = c.category_root and t.status <> 'released'
    join cee.category_released k on k.tree = t.root
), good as (
    select n.* from node n
    where pg_temp.fits(n.id, 40) and pg_temp.named(n.name, 60) and n.position >= 0
      and (select count(*) = count(distinct x->>0) from jsonb_array_elements(n.articles) x)
), walked as (
    select g.*, 1 as level from good g join want_channel c on c.category_root = g.id where g.parent is null
    union all
    select g.*, w.level + 1 from walked w join good g on g.parent = w.id where w.level < 10
)
select 'article-categories', pg_temp.part(w.id), 'upsert',
       array[btrim(w.name->>'pl'), btrim(w.name->>'de'), btrim(w.name->>'en'), w.parent, w.position::text, w.level::text,
             (select string_agg((x->>0) || ':' || (x->>1), ',' order by (x->>0) collate "C") from jsonb_array_elements(w.articles) x
              where exists (select from want a where a.kind = 'articles' and a.key = pg_temp.part(x->>0)))], null
from walked w
