-- Whether a document's prices are those of CEE's lists (domain.md 3.7): which lists, and what they say.

-- name: lists
-- The price lists of the channel's listing ($1) valid on the day ($2) that can concern these partners ($3) and classes ($4).
select l.code, l.level, l.customer, l.customer_class, l.priority, l.price_mode
from cee.price_listing_item i
join cee.price_list l on l.code = i.list
where i.listing = $1 and cee.is_valid(i.valid_from, i.valid_to, $2) and cee.is_valid(l.valid_from, l.valid_to, $2)
  and case l.level when 'customer-item' then l.customer = any ($3::text[])
                   when 'customer-class-item' then l.customer_class = any ($4::text[])
                   else true end

-- name: priorities
-- What the reps' profiles say of these lists.
select rep, list, priority from cee.rep_price_list where channel = $1 and rep = any ($2::text[])

-- name: differing
-- Lines (by their place in the arrays, from 1) whose price is not that of the first list of their set that has one on the day ($1).
-- $2: the sets, each the codes of its lists in order and of those among them that state prices in another mode: whether these
-- differ is not seen here. $3 to $8: arrays as text. An empty valid_to ends at the next valid_from of the same scale.
with sets as materialized (
    select s.place,
           array(select jsonb_array_elements_text(s.codes -> 0)) as lists,
           array(select jsonb_array_elements_text(s.codes -> 1)) as others
    from jsonb_array_elements($2::jsonb) with ordinality s(codes, place)
)
select l.place, f.list, f.price, f.price_unit
from unnest($3::text::int[], $4::text::text[], $5::text::text[], $6::text::numeric[], $7::text::numeric[], $8::text::numeric[])
    with ordinality l(set, article, unit, quantity, price, price_unit, place)
join sets s on s.place = l.set
cross join lateral (
    select c.list, c.price, c.price_unit
    from (select distinct on (a.place, p.scale) p.list, p.price, p.price_unit, p.valid_to
          from cee.price p cross join lateral (select array_position(s.lists, p.list) as place) a
          where p.article = l.article and p.list = any (s.lists) and p.unit = l.unit and p.scale <= l.quantity
            and p.valid_from <= $1
          order by a.place, p.scale desc, p.valid_from desc) c
    where c.valid_to is null or c.valid_to > $1
    limit 1) f
where f.price * l.price_unit <> l.price * f.price_unit or f.list = any (s.others)
