-- Many of everything, in C1 of the small company: enough that reading a whole table for a page shows.
set local session_replication_role = replica;
insert into cee.partner (number, name, customer_type, currency, tax_class, payment_form, payment_term)
select 'M' || n, 'Partner ' || n, 'SHOP', 'PLN', 'T', 'CASH', '14D' from generate_series(1, 4000) n;
insert into cee.partner_address (id, partner, street, postal_code, city, country)
select gen_random_uuid(), 'M' || n, 'Długa', '30-001', 'Kraków', 'PL' from generate_series(1, 4000) n, generate_series(1, 2);
insert into cee.partner_contact (id, partner, type, value) select gen_random_uuid(), 'M' || n, 'phone', '1' from generate_series(1, 4000) n;
insert into cee.channel_partner (channel, partner) select 'C1', 'M' || n from generate_series(1, 4000) n;
insert into cee.partner_rep select 'C1', 'M' || n, 'R' || 1 + n % 2 from generate_series(1, 4000) n where n % 3 > 0;
insert into cee.customer_discount (code, name, partner, component, percent) select 'M' || n, '{}', 'M' || n, 'RAB', 1 from generate_series(1, 4000) n;
insert into cee.article (number, name, vat_rate, base_unit, sales_unit)
select 'M' || n, '{"pl": "Artykuł"}', 'A23', 'PCS', 'PCS' from generate_series(1, 6000) n;
insert into cee.article_unit select 'M' || n, 'PCS', 1 from generate_series(1, 6000) n;
insert into cee.assortment_item (listing, list, article) select 'AL-C1', 'BASE', 'M' || n from generate_series(1, 5900) n;
insert into cee.category (id, tree, parent, name) select 'M' || n, 'T-C1', 'D1', '{}' from generate_series(1, 300) n;
insert into cee.category_article (category, article) select 'M' || 1 + n % 300, 'M' || n from generate_series(1, 6000) n;
insert into cee.stock (article, warehouse, owner, available) select 'M' || n, w, 'ORG', 1 from generate_series(1, 6000) n, unnest(array['W1', 'W2', 'W3']) w;
insert into cee.price_list (code, name, currency, level, customer, priority)
select 'M' || n, '{}', 'PLN', case when n > 6 then 'customer-item' else 'item' end, case when n > 6 then 'M' || n end, 3 from generate_series(1, 10) n;
insert into cee.price_listing_item (listing, list) select 'PL-C1', 'M' || n from generate_series(1, 10) n;
insert into cee.price (row_id, list, article, unit, valid_from, price)
select 'M' || l || '.' || n, 'M' || l, 'M' || n, 'PCS', '2026-01-01', 1 from generate_series(1, 10) l, generate_series(1, 6000) n;
insert into cee.document (type, hq_number, channel, partner, origin, rep, issue_date, currency, payment_form)
select 'ZS', 'M' || n, 'C1', 'M' || 1 + n % 4000, case when n % 2 = 0 then 'mobile' else 'cee' end, case when n % 2 = 0 then 'R' || 1 + n % 2 end,
    cee.today('Europe/Warsaw'), 'PLN', 'CASH' from generate_series(1, 8000) n;
insert into cee.document_line (type, hq_number, position, article, quantity, unit, vat_rate, regular_price, discounted_price, value)
select 'ZS', 'M' || n, p, 'M' || 1 + (n + p) % 6000, 1, 'PCS', 'A23', 1, 1, 1 from generate_series(1, 8000) n, generate_series(1, 6) p;
insert into cee.attachment (id, owner_kind, owner_key, type, name, text)
select gen_random_uuid(), kind, key, 'note', 'n', key from (
    select 'partner' as kind, 'M' || n as key from generate_series(1, 2000) n
    union all select 'article', 'M' || n from generate_series(1, 4000) n
    union all select 'document', 'ZS/M' || n from generate_series(1, 4000) n) o;
set local session_replication_role = origin;
select cee.loaded();
