-- master-data (domain.md 3.1): an entry marked for deletion or out of the channel's scope has no row.
-- The fourteen tables are joined to one relation first, so that a walk by key can merge them; `body` has each one's own fields.

create view cee.master_data as
select c.id as channel,
       k.key,
       k.version,
       jsonb_strip_nulls(k.body || jsonb_build_object(
           'changed_at', cee.iso(k.changed_at),
           'rates', case when k.dictionary = 'vat-rates' then (
               select jsonb_agg(jsonb_build_object('valid_from', r.valid_from, 'percent', r.percent::text) order by r.valid_from)
               from cee.vat_rate_value r where r.vat_rate = k.code) end,
           'regions', case when k.dictionary = 'countries' then (
               select jsonb_agg(jsonb_build_object('code', r.code, 'name', r.name) order by r.code)
               from cee.country_region r where r.country = k.code) end,
           'audience', d.audience,
           'problems', d.problems)) as body,
       true as member
from (
    select 'units' as dictionary, code, key, version, changed_at, not marked_for_deletion as is_offered, null::text collate "C" as partner,
        jsonb_build_object('dictionary', 'units', 'code', code, 'name', name, 'active', active, 'decimals', decimals) as body
    from cee.unit
    union all
    select 'warehouses', code, key, version, changed_at, not marked_for_deletion, null,
        jsonb_build_object('dictionary', 'warehouses', 'code', code, 'name', name, 'active', active, 'organisation', organisation)
    from cee.warehouse
    union all
    select 'vat-rates', code, key, version, changed_at, not marked_for_deletion, null,
        jsonb_build_object('dictionary', 'vat-rates', 'code', code, 'name', name, 'active', active, 'country', country, 'exempt', exempt)
    from cee.vat_rate
    union all
    select 'payment-forms', code, key, version, changed_at, not marked_for_deletion, null,
        jsonb_build_object('dictionary', 'payment-forms', 'code', code, 'name', name, 'active', active, 'type', type)
    from cee.payment_form
    union all
    select 'payment-terms', code, key, version, changed_at, not marked_for_deletion, null,
        jsonb_build_object('dictionary', 'payment-terms', 'code', code, 'name', name, 'active', active, 'due_days', due_days)
    from cee.payment_term
    union all
    select 'price-types', code, key, version, changed_at, not marked_for_deletion, null,
        jsonb_build_object('dictionary', 'price-types', 'code', code, 'name', name, 'active', active, 'category', category,
            'discountable', discountable, 'use_once', use_once, 'base_discount', base_discount)
    from cee.price_type
    union all
    select 'positions', code, key, version, changed_at, not marked_for_deletion, null,
        jsonb_build_object('dictionary', 'positions', 'code', code, 'name', name, 'active', active, 'description', description)
    from cee.occupation
    union all
    select 'currencies', code, key, version, changed_at, not marked_for_deletion, null,
        jsonb_build_object('dictionary', 'currencies', 'code', code, 'name', name, 'active', active, 'decimals', decimals)
    from cee.currency
    union all
    select 'countries', code, key, version, changed_at, not marked_for_deletion, null,
        jsonb_build_object('dictionary', 'countries', 'code', code, 'name', name, 'active', active)
    from cee.country
    union all
    select 'document-types', code, key, version, changed_at, not marked_for_deletion, null,
        jsonb_build_object('dictionary', 'document-types', 'code', code, 'name', name, 'active', active, 'symbol', symbol)
    from cee.document_type
    union all
    select 'customer-types', code, key, version, changed_at, b2b and not marked_for_deletion, null,
        jsonb_build_object('dictionary', 'customer-types', 'code', code, 'name', name, 'active', active)
    from cee.customer_type
    union all
    select 'relationship-types', code, key, version, changed_at, not marked_for_deletion, null,
        jsonb_build_object('dictionary', 'relationship-types', 'code', code, 'name', name, 'active', active)
    from cee.relationship_type
    union all
    select 'visit-types', code, key, version, changed_at, not marked_for_deletion, null,
        jsonb_build_object('dictionary', 'visit-types', 'code', code, 'name', name, 'active', active)
    from cee.visit_type
    union all
    select 'customer-discounts', code, key, version, changed_at, not marked_for_deletion, partner,
        jsonb_build_object('dictionary', 'customer-discounts', 'code', code, 'name', name, 'active', active,
            'promotion_type', promotion_type, 'partner', partner, 'component', component, 'article', article, 'article_class', article_class,
            'threshold', threshold::text, 'percent', percent::text, 'valid_from', valid_from, 'valid_to', valid_to)
    from cee.customer_discount
) k
cross join cee.channel_today c
left join lateral (
    -- a discount belongs to the channels of its partner and has his audience; of a partner whom CEE does not know it waits
    select s.member or p.is_known is null as is_offered,
           case when s.member then to_jsonb(s.audience) else '[]' end as audience,
           case when exists (
               select from cee.customer_discount y
               where y.partner = x.partner and y.component = x.component and y.code <> x.code and not y.marked_for_deletion
                 and y.article is not distinct from x.article and y.article_class is not distinct from x.article_class
                 and y.threshold = x.threshold and y.valid_from is not distinct from x.valid_from)
           then jsonb_build_array(jsonb_build_object('code', 'duplicate_discount',
               'params', jsonb_build_object('partner', x.partner, 'component', x.component))) end as problems
    from (select y.* from cee.customer_discount y where k.partner is not null and y.code = k.code limit 1) x
    left join lateral (select true as is_known from cee.partner p where p.number = x.partner limit 1) p on true
    left join lateral cee.partner_state(c.id, x.partner, c.today, c.document_history_days) s on true
    offset 0) d on true
where k.is_offered
  and (k.partner is null or d.is_offered)
  and (k.dictionary <> 'warehouses' or k.code = any (c.warehouses));
