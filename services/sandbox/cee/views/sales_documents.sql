-- sales-documents (domain.md 3.8): documents entered for the channel; member = the partner is assigned, and it is open or young enough.

create view cee.sales_documents as
select c.id as channel,
       d.key,
       d.version,
       jsonb_strip_nulls(jsonb_build_object(
           'type', d.type,
           'hq_number', d.hq_number,
           'mobile_number', d.mobile_number,
           'origin_source_id', d.origin_source_id,
           'partner', d.partner,
           'payer', d.payer,
           'delivery_address', d.delivery_address,
           'invoice_address', d.invoice_address,
           'origin', d.origin,
           'rep', d.rep,
           'issue_date', cee.iso(d.issue_date),
           'delivery_date', cee.iso(d.delivery_date),
           'expiry_date', cee.iso(d.expiry_date),
           'currency', d.currency,
           'price_mode', d.price_mode,
           'payment_form', d.payment_form,
           'payment_term', d.payment_term,
           'shipping_method', d.shipping_method,
           'warehouse', d.warehouse,
           'net_total', d.net_total::text,
           'vat_total', d.vat_total::text,
           'gross_total', d.gross_total::text,
           'weight', d.weight::text,
           'description', d.description,
           'order_type', d.order_type,
           'user_discount', d.user_discount::text,
           'status_general', d.status_general,
           'status_delivery', d.status_delivery,
           'status_invoice', d.status_invoice,
           'status_order', d.status_order,
           'recipients', to_jsonb(r.reps),
           'lines', l.list,
           'changed_at', cee.iso(d.changed_at)
       )) as body,
       m.member
from cee.channel_recipients c
join cee.document d on d.channel = c.id
left join lateral cee.partner_state(c.id, d.partner, c.today, c.document_history_days) s on true
cross join lateral (
    select coalesce(s.assigned, false) and cee.is_sent(d.status_general, d.issue_date, c.today, c.document_history_days) as member) m
cross join lateral cee.recipients(d, case d.type when 'ZS' then c.zs_reps else c.os_reps end) r
left join lateral (
    select jsonb_agg(jsonb_build_object(
        'position', x.position,
        'article', x.article,
        'article_name', x.article_name,
        'quantity', x.quantity::text,
        'unit', x.unit,
        'vat_rate', x.vat_rate,
        'warehouse', x.warehouse,
        'regular_price', x.regular_price::text,
        'discounted_price', x.discounted_price::text,
        'price_unit', trim_scale(x.price_unit)::text,
        'discount', x.discount::text,
        'value', x.value::text,
        'weight', x.weight::text,
        'description', x.description,
        'outside', case when not coalesce(a.member, false) then true end) order by x.position) as list
    from cee.document_line x
    left join lateral cee.article_state(c.assortment_listing, x.article, c.today) a on true
    where m.member and x.type = d.type and x.hq_number = d.hq_number) l on true;
