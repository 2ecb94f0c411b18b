-- A working day: what there is to change, and the changes. Names that begin with Z are the bad records: left as they are.

-- name: channel
-- The channel's settings the day needs.
select currency, inventory_owner, delivery_warehouse, assortment_listing, price_listing, cee.today(time_zone) as today
from cee.channel where id = $1

-- name: stock
-- Rows that devices can see.
select s.key, s.article, s.warehouse, s.owner
from cee.channel c
join cee.channel_warehouse w on w.channel = c.id
join cee.stock s on s.warehouse = w.warehouse and s.owner = c.inventory_owner
where c.id = $1 and s.article !~ '^(Z|SRV)'
  and exists (select from cee.assortment_item i where i.listing = c.assortment_listing and i.article = s.article and i.valid_to is null)
order by s.key limit 50000

-- name: prices
-- Prices that devices can see.
select p.row_id, p.key
from cee.channel c
join cee.price_listing_item i on i.listing = c.price_listing
join cee.price p on p.list = i.list
where c.id = $1 and p.list !~ '^Z'
order by p.row_id limit 50000

-- name: articles
-- Articles on the channel's basic list.
select i.article, i.list
from cee.channel c
join cee.assortment_item i on i.listing = c.assortment_listing and i.valid_to is null and i.list ~ '^PODST'
where c.id = $1 and i.article !~ '^(Z|SRV)'
  and not exists (select from cee.assortment_item o where o.listing = i.listing and o.article = i.article and o.list <> i.list)
order by i.article limit 50000

-- name: partners
-- Active customers of the channel.
select p.number, p.payment_form, p.payment_term
from cee.channel_partner s join cee.partner p on p.number = s.partner
where s.channel = $1 and s.assigned and s.deleted_on is null and p.status in ('released', 'blocked') and p.role = 'customer'
  and p.number !~ '^Z'
order by p.number limit 20000

-- name: reps
-- The reps who can look after partners.
select f.rep from cee.rep_profile f where f.channel = $1 and f.rep !~ '^Z' order by f.rep

-- name: documents
-- Open orders, with what they go to next.
select d.type, d.hq_number, d.key from cee.document d
where d.channel = $1 and d.type = 'ZS' and d.status_general in ('in_process', 'released') and d.hq_number !~ '-Z/'
order by d.key limit 20000

-- name: made_before
-- How many documents and partners earlier days have made; the version tells one day from the next.
select (select count(*) from cee.document where channel = $1 and hq_number ~ '-D[0-9]+$') as documents,
       (select count(*) from cee.partner where number ~ '^D[0-9]') as partners,
       (select last_value from cee.version) as version

-- name: move_stock
-- Goods came in or went out; never to where they were.
update cee.stock set available = case when available = $4 then $4 + 1 else $4 end, as_of = clock_timestamp()
where article = $1 and warehouse = $2 and owner = $3

-- name: change_price
-- A price goes up or down.
update cee.price set price = greatest(round(price * $2, 4), 0.0001) + 0.0001 where row_id = $1

-- name: remove_price
-- A price is withdrawn.
delete from cee.price where row_id = $1

-- name: move_document
-- An order goes one step on.
update cee.document set status_general = case status_general when 'in_process' then 'released' else 'completed' end,
    status_delivery = case status_general when 'in_process' then 'none' else 'full' end,
    status_invoice = case status_general when 'in_process' then 'none' else 'full' end
where type = $1 and hq_number = $2

-- name: insert_document
-- A new order, in one transaction with its lines.
insert into cee.document (type, hq_number, channel, partner, issue_date, delivery_date, currency, payment_form, payment_term, warehouse,
    net_total, vat_total, gross_total, order_type, status_general, status_delivery, status_invoice)
values ('ZS', $1, $2, $3, $4, $4::date + 3, $5, $6, $7, $8, $9, $10, $11, 'ZSM', 'in_process', 'none', 'none')

-- name: insert_lines
-- Its lines, at once.
insert into cee.document_line (type, hq_number, position, article, article_name, quantity, unit, vat_rate, warehouse,
    regular_price, discounted_price, price_unit, discount, value, weight)
select 'ZS', $1, i.*
from unnest($2::int[], $3::text[], $4::text[], $5::numeric[], $6::text[], $7::text[], $8::text[], $9::numeric[], $10::numeric[], $11::numeric[],
            $12::numeric[], $13::numeric[], $14::numeric[]) as i

-- name: change_credit
-- Bookkeeping sets another limit.
update cee.partner set credit_limit = $2 where number = $1

-- name: move_partner
-- The customer moves house: the address changes, and with it the partner.
update cee.partner_address set street = $2, house = $3 where partner = $1 and type = 'main'

-- name: insert_partner
-- A new customer ...
insert into cee.partner (number, name, matchcode, status, customer_type, currency, tax_class, payment_form, payment_term)
values ($1, $2, $3, 'released', 'DETAL', $4, 'KRAJ', 'PRZELEW', '14D')

-- name: insert_address
-- ... lives somewhere ...
insert into cee.partner_address (id, partner, type, street, house, postal_code, city, country) values ($1, $2, 'main', $3, $4, $5, $6, $7)

-- name: assign_partner
-- ... and belongs to the channel.
insert into cee.channel_partner (channel, partner) values ($1, $2)

-- name: clear_reps
-- A partner loses its reps ...
delete from cee.partner_rep where channel = $1 and partner = $2

-- name: give_rep
-- ... and gets another.
insert into cee.partner_rep (channel, partner, rep) values ($1, $2, $3)

-- name: insert_attachment
-- A picture or note is filed with a partner.
insert into cee.attachment (id, owner_kind, owner_key, type, name, text, extension, content) values ($1, 'partner', $2, $3, $4, $5, $6, $7)

-- name: remove_attachment
-- A file is thrown away.
delete from cee.attachment where id = $1

-- name: leave_assortment
-- An article is no longer sold ...
delete from cee.assortment_item where listing = $1 and list = $2 and article = $3

-- name: enter_assortment
-- ... and is sold again.
insert into cee.assortment_item (listing, list, article) values ($1, $2, $3)

-- name: flag_article
-- The catalogue marks an article as new, or no longer.
update cee.article set is_new = not is_new where number = $1

-- name: reprice
-- The whole company changes its prices at once.
update cee.price p set price = round(p.price * $2, 4)
from cee.channel c join cee.price_listing_item i on i.listing = c.price_listing
where c.id = $1 and p.list = i.list
