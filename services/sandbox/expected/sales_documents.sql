-- name: documents
-- domain.md 3.8: open ones, and closed ones of the history. Recipients: who wrote it on a device; else reps whose profile covers
-- the type, of these the partner's own if it names any. Fields: partner, statuses, totals, dates, lines.
insert into want
with receivers as (
    select f.rep, f.hq_documents
    from want_channel c join cee.rep_profile f on f.channel = c.id join cee.rep r on r.number = f.rep
    where r.sales_rep and pg_temp.holds(r.valid_from, r.valid_to, c.today)
      and (r.employer = c.sales_organisation or not c.sales_organisation = any (r.former_employers))
), line as materialized (
    select x.type, x.hq_number, count(*) as count, sum(x.value) as value, count(distinct x.position) as positions,
           bool_and(x.quantity > 0 and x.price_unit > 0 and x.regular_price >= 0 and x.discounted_price >= 0 and x.discount between 0 and 100
                    and x.position > 0 and coalesce(pg_temp.fits(x.article_name, 255), false)
                    and coalesce(char_length(x.description), 0) <= 255) as good
    from want_channel c join cee.document h on h.channel = c.id
    join cee.document_line x on x.type = h.type and x.hq_number = h.hq_number
    group by x.type, x.hq_number
), missing as materialized (
    -- lines whose article is in the assortment but can't be sent; one outside of it travels as a stub
    select distinct x.type, x.hq_number
    from want_channel c
    join cee.assortment_item i on i.listing = c.assortment_listing and pg_temp.holds(i.valid_from, i.valid_to, c.today)
    join cee.assortment_list l on l.listing = i.listing and l.list = i.list and pg_temp.holds(l.valid_from, l.valid_to, c.today)
    join cee.article a on a.number = i.article and a.status <> 'marked_for_deletion'
    join cee.document_line x on x.article = a.number
    where not exists (select from want w where w.kind = 'articles' and w.key = pg_temp.part(a.number))
)
select 'sales-documents', pg_temp.part(d.type) || '/' || pg_temp.part(d.hq_number), 'upsert',
       array[d.partner, d.mobile_number, d.origin, d.rep, d.issue_date::text, d.delivery_date::text, d.expiry_date::text,
             d.status_general, d.status_delivery, d.status_invoice, d.status_order, pg_temp.num(d.net_total), pg_temp.num(d.vat_total),
             pg_temp.num(d.gross_total), n.count::text, pg_temp.num(n.value)],
       case when d.origin = 'mobile' then array[d.rep]
            else array(select v.rep from receivers v where v.hq_documents in (d.type, 'both')
                       and (v.rep = any (o.reps) or o.reps is null)) end
from want_channel c
join cee.document d on d.channel = c.id
 and (d.status_general in ('in_process', 'released', 'blocked') or d.issue_date >= c.today - c.document_history_days)
join want p on p.kind = 'partners' and p.key = pg_temp.part(d.partner)
join line n on n.type = d.type and n.hq_number = d.hq_number and n.count <= 500 and n.count = n.positions and n.good
left join lateral (select array_agg(x.rep) as reps from cee.partner_rep x where x.channel = c.id and x.partner = d.partner) o on true
where d.currency = c.currency and d.warehouse is not null and d.type in ('ZS', 'OS') and pg_temp.fits(d.hq_number, 30)
  and coalesce(d.delivery_date >= d.issue_date, true) and coalesce(d.expiry_date >= d.issue_date, true)
  and coalesce(char_length(btrim(d.description)), 0) <= 1000 and coalesce(char_length(d.shipping_method), 0) <= 20
  and case when d.type = 'OS' then d.expiry_date is not null and d.status_order is not null
           else d.status_delivery is not null and d.status_invoice is not null end
  and (d.origin <> 'mobile' or (d.mobile_number is not null
       and exists (select from want w where w.kind = 'sales-reps' and w.key = pg_temp.part(d.rep))))
  and not exists (select from missing m where m.type = d.type and m.hq_number = d.hq_number)
