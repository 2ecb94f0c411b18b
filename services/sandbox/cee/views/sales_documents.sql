-- sales-documents (domain.md 3.8): documents entered for the channel; member = it is open or young enough
-- (domain.md 7.3). A partner who left the channel meanwhile comes along as a stub.

create view cee.sales_documents as
select c.id as channel,
       d.key,
       d.version,
       json_strip_nulls((select row_to_json(body) from (select
           d.type,
           d.hq_number,
           d.mobile_number,
           d.origin_source_id,
           d.partner,
           d.payer,
           d.delivery_address,
           d.invoice_address,
           d.origin,
           d.rep,
           d.issue_date,
           d.delivery_date,
           d.expiry_date,
           d.currency,
           d.price_mode,
           d.payment_form,
           d.payment_term,
           d.shipping_method,
           d.warehouse,
           d.net_total::text as net_total,
           d.vat_total::text as vat_total,
           d.gross_total::text as gross_total,
           d.weight::text as weight,
           d.description,
           d.order_type,
           d.user_discount::text as user_discount,
           d.status_general,
           d.status_delivery,
           d.status_invoice,
           d.status_order,
           r.reps as recipients,
           (select json_agg(line) from (
               select x.position,
                      x.article,
                      x.article_name,
                      x.quantity::text as quantity,
                      x.unit,
                      x.vat_rate,
                      x.warehouse,
                      x.regular_price::text as regular_price,
                      x.discounted_price::text as discounted_price,
                      trim_scale(x.price_unit)::text as price_unit,
                      x.discount::text as discount,
                      x.value::text as value,
                      x.weight::text as weight,
                      x.description,
                      case when a.member is not true then true end as outside
               from cee.document_line x
               left join lateral cee.article_state(c.assortment_listing, c.assortment_lists, x.article, c.today) a on true
               where x.type = d.type and x.hq_number = d.hq_number
               order by x.position) line) as lines,
           cee.iso(d.changed_at) as changed_at
       ) body)) as body,
       m.member
from cee.channel_recipients c
join cee.document d on d.channel = c.id
cross join lateral (
    select cee.is_sent(d.status_general, d.issue_date, c.today, c.document_history_days) as member) m
cross join lateral cee.recipients(d, case d.type when 'ZS' then c.zs_reps else c.os_reps end) r;
