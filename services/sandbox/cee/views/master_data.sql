-- master-data (domain.md 3.1): an entry marked for deletion or out of the channel's scope has no row.

create view cee.master_data as
select c.id as channel, x.key, x.version, jsonb_strip_nulls(jsonb_build_object('dictionary', 'units', 'code', x.code, 'name', x.name,
    'active', x.active, 'decimals', x.decimals, 'changed_at', cee.iso(x.changed_at))) as body, true as member
from cee.channel c cross join cee.unit x where not x.marked_for_deletion
union all
select c.id, x.key, x.version, jsonb_strip_nulls(jsonb_build_object('dictionary', 'warehouses', 'code', x.code, 'name', x.name,
    'active', x.active, 'organisation', x.organisation, 'changed_at', cee.iso(x.changed_at))), true
from cee.channel c join cee.channel_warehouse w on w.channel = c.id join cee.warehouse x on x.code = w.warehouse
where not x.marked_for_deletion
union all
select c.id, x.key, x.version, jsonb_strip_nulls(jsonb_build_object('dictionary', 'vat-rates', 'code', x.code, 'name', x.name,
    'active', x.active, 'country', x.country, 'exempt', x.exempt, 'rates', r.list, 'changed_at', cee.iso(x.changed_at))), true
from cee.channel c cross join cee.vat_rate x
left join lateral (
    select jsonb_agg(jsonb_build_object('valid_from', cee.iso(v.valid_from), 'percent', v.percent::text) order by v.valid_from) as list
    from cee.vat_rate_value v where v.vat_rate = x.code) r on true
where not x.marked_for_deletion
union all
select c.id, x.key, x.version, jsonb_strip_nulls(jsonb_build_object('dictionary', 'payment-forms', 'code', x.code, 'name', x.name,
    'active', x.active, 'type', x.type, 'changed_at', cee.iso(x.changed_at))), true
from cee.channel c cross join cee.payment_form x where not x.marked_for_deletion
union all
select c.id, x.key, x.version, jsonb_strip_nulls(jsonb_build_object('dictionary', 'payment-terms', 'code', x.code, 'name', x.name,
    'active', x.active, 'due_days', x.due_days, 'changed_at', cee.iso(x.changed_at))), true
from cee.channel c cross join cee.payment_term x where not x.marked_for_deletion
union all
select c.id, x.key, x.version, jsonb_strip_nulls(jsonb_build_object('dictionary', 'price-types', 'code', x.code, 'name', x.name,
    'active', x.active, 'category', x.category, 'discountable', x.discountable, 'use_once', x.use_once,
    'base_discount', x.base_discount, 'changed_at', cee.iso(x.changed_at))), true
from cee.channel c cross join cee.price_type x where not x.marked_for_deletion
union all
select c.id, x.key, x.version, jsonb_strip_nulls(jsonb_build_object('dictionary', 'positions', 'code', x.code, 'name', x.name,
    'active', x.active, 'description', x.description, 'changed_at', cee.iso(x.changed_at))), true
from cee.channel c cross join cee.occupation x where not x.marked_for_deletion
union all
select c.id, x.key, x.version, jsonb_strip_nulls(jsonb_build_object('dictionary', 'currencies', 'code', x.code, 'name', x.name,
    'active', x.active, 'decimals', x.decimals, 'changed_at', cee.iso(x.changed_at))), true
from cee.channel c cross join cee.currency x where not x.marked_for_deletion
union all
select c.id, x.key, x.version, jsonb_strip_nulls(jsonb_build_object('dictionary', 'countries', 'code', x.code, 'name', x.name,
    'active', x.active, 'regions', r.list, 'changed_at', cee.iso(x.changed_at))), true
from cee.channel c cross join cee.country x
left join lateral (
    select jsonb_agg(jsonb_build_object('code', v.code, 'name', v.name) order by v.code) as list
    from cee.country_region v where v.country = x.code) r on true
where not x.marked_for_deletion
union all
select c.id, x.key, x.version, jsonb_strip_nulls(jsonb_build_object('dictionary', 'document-types', 'code', x.code, 'name', x.name,
    'active', x.active, 'symbol', x.symbol, 'changed_at', cee.iso(x.changed_at))), true
from cee.channel c cross join cee.document_type x where not x.marked_for_deletion
union all
select c.id, x.key, x.version, jsonb_strip_nulls(jsonb_build_object('dictionary', 'customer-types', 'code', x.code, 'name', x.name,
    'active', x.active, 'changed_at', cee.iso(x.changed_at))), true
from cee.channel c cross join cee.customer_type x where x.b2b and not x.marked_for_deletion
union all
select c.id, x.key, x.version, jsonb_strip_nulls(jsonb_build_object('dictionary', 'relationship-types', 'code', x.code, 'name', x.name,
    'active', x.active, 'changed_at', cee.iso(x.changed_at))), true
from cee.channel c cross join cee.relationship_type x where not x.marked_for_deletion
union all
select c.id, x.key, x.version, jsonb_strip_nulls(jsonb_build_object('dictionary', 'visit-types', 'code', x.code, 'name', x.name,
    'active', x.active, 'changed_at', cee.iso(x.changed_at))), true
from cee.channel c cross join cee.visit_type x where not x.marked_for_deletion
union all
select c.id, x.key, x.version, jsonb_strip_nulls(jsonb_build_object('dictionary', 'customer-discounts', 'code', x.code, 'name', x.name,
    'active', x.active, 'promotion_type', x.promotion_type, 'partner', x.partner, 'component', x.component, 'article', x.article,
    'article_class', x.article_class, 'threshold', x.threshold::text, 'percent', x.percent::text,
    'valid_from', cee.iso(x.valid_from), 'valid_to', cee.iso(x.valid_to), 'changed_at', cee.iso(x.changed_at), 'audience', s.audience,
    'problems', case when t.twice then jsonb_build_array(jsonb_build_object('code', 'duplicate_discount',
        'params', jsonb_build_object('partner', x.partner, 'component', x.component))) end)), true
from cee.channel_today c
cross join cee.customer_discount x
cross join lateral cee.partner_state(c.id, x.partner, c.today, c.document_history_days) s
left join lateral (
    select true as twice from cee.customer_discount y
    where y.partner = x.partner and y.component = x.component and y.code <> x.code and not y.marked_for_deletion
      and y.article is not distinct from x.article and y.article_class is not distinct from x.article_class
      and y.threshold = x.threshold and y.valid_from is not distinct from x.valid_from
    limit 1) t on true
where s.member and not x.marked_for_deletion;
