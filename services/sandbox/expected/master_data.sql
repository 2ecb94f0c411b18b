-- name: dictionaries
-- domain.md 3.1 without customer discounts. Fields: names in three languages, active, what is special.
insert into want
select 'master-data', d.dictionary || '/' || pg_temp.part(d.code), 'upsert',
       array[btrim(d.name->>'pl'), btrim(d.name->>'de'), btrim(d.name->>'en'), d.active::text, d.special], null
from (
    select 'units' as dictionary, code, name, active, decimals::text as special, marked_for_deletion,
           pg_temp.fits(code, 10) and decimals between 0 and 6 as good from cee.unit
    union all
    select 'warehouses', w.code, w.name, w.active, w.organisation, w.marked_for_deletion, pg_temp.fits(w.code, 20)
    from cee.warehouse w join cee.channel_warehouse cw on cw.warehouse = w.code join want_channel c on c.id = cw.channel
    union all
    select 'vat-rates', v.code, v.name, v.active,
           (select string_agg(x.valid_from || ':' || pg_temp.num(x.percent), ',' order by x.valid_from)
            from cee.vat_rate_value x where x.vat_rate = v.code), v.marked_for_deletion,
           not exists (select from cee.vat_rate_value x where x.vat_rate = v.code and x.percent not between 0 and 100)
    from cee.vat_rate v
    union all
    select 'payment-forms', code, name, active, type, marked_for_deletion, type in ('cash', 'transfer', 'card', 'other')
    from cee.payment_form
    union all
    select 'payment-terms', code, name, active, due_days::text, marked_for_deletion, due_days between 0 and 365 from cee.payment_term
    union all
    select 'price-types', code, name, active, category, marked_for_deletion, category in ('price', 'discount') from cee.price_type
    union all
    select 'positions', code, name, active, description, marked_for_deletion, coalesce(char_length(description), 0) <= 255
    from cee.occupation
    union all
    select 'currencies', code, name, active, decimals::text, marked_for_deletion, code ~ '^[A-Z]{3}$' and decimals between 0 and 3
    from cee.currency
    union all
    select 'countries', y.code, y.name, y.active,
           (select count(*) from cee.country_region r where r.country = y.code)::text, y.marked_for_deletion, y.code ~ '^[A-Z]{2}$'
    from cee.country y
    union all
    select 'document-types', code, name, active, symbol, marked_for_deletion, code in ('ZS', 'OS') and pg_temp.fits(symbol, 10)
    from cee.document_type
    union all
    select 'customer-types', code, name, active, null, marked_for_deletion, pg_temp.fits(code, 20) from cee.customer_type where b2b
    union all
    select 'relationship-types', code, name, active, null, marked_for_deletion, pg_temp.fits(code, 20) from cee.relationship_type
    union all
    select 'visit-types', code, name, active, null, marked_for_deletion, pg_temp.fits(code, 20) from cee.visit_type
) d
where not d.marked_for_deletion and d.good and pg_temp.named(d.name, 60)

-- name: discounts
-- Customer promotions of partners that are on the channel; two alike are both held back. Fields: whom, what, how much, when.
insert into want
select 'master-data', 'customer-discounts/' || pg_temp.part(d.code), 'upsert',
       array[d.partner, d.component, d.article, d.article_class, pg_temp.num(d.threshold), pg_temp.num(d.percent),
             d.valid_from::text, d.valid_to::text], p.audience
from cee.customer_discount d
join want p on p.kind = 'partners' and p.key = pg_temp.part(d.partner) and p.op = 'upsert'
join want t on t.kind = 'master-data' and t.key = 'price-types/' || pg_temp.part(d.component)
where not d.marked_for_deletion and d.promotion_type = 'customer' and (d.article is null or d.article_class is null)
  and d.threshold >= 0 and d.percent between 0 and 100 and pg_temp.fits(d.code, 40) and pg_temp.named(d.name, 60)
  and not exists (
      select from cee.customer_discount o
      where o.partner = d.partner and o.component = d.component and o.code <> d.code and not o.marked_for_deletion
        and o.article is not distinct from d.article and o.article_class is not distinct from d.article_class
        and o.threshold = d.threshold and o.valid_from is not distinct from d.valid_from and o.promotion_type = 'customer')
