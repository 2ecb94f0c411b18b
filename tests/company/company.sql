-- One channel with everything once or twice. `@` stands for the channel's id, so that companies never meet.
insert into cee.warehouse(code, name) values('W@', '{"pl": "Magazyn"}');

insert into cee.channel(id, description, sales_organisation, currency, active, assortment_listing, price_listing, category_root,
    order_type_zs, order_type_os, default_payment_form, default_payment_term, template_with_tax_id, template_without_tax_id,
    max_user_discount, inventory_owner, delivery_warehouse, file_type_image, file_type_recording, file_type_other)
values('@', 'Test', 'O@', 'PLN', false, 'AL@', 'PL@', 'C@', '100', '200', 'TRANSFER', '14D', 'T1', 'T2', 10, 'O@', 'W@', 'I', 'R', 'X');
insert into cee.channel_warehouse(channel, warehouse) values('@', 'W@');

-- reps R1 and R2
insert into cee.partner(number, legal_kind, name, customer_type, currency, tax_class, payment_form, payment_term)
select n || '@', 'person', 'Jan ' || n, 'RETAIL', 'PLN', 'DOM', 'TRANSFER', '14D' from unnest(array['R1', 'R2']) n;
insert into cee.partner_address(id, partner, street, house, postal_code, city, country)
select gen_random_uuid(), n || '@', 'Polna', '1', '00-001', 'Warszawa', 'PL' from unnest(array['R1', 'R2']) n;
insert into cee.rep(number, first_name, last_name, employer, responsible_organisation, cee_user, valid_from)
select n || '@', 'Jan', n, 'O@', 'O@', 'U' || n, '2020-01-01' from unnest(array['R1', 'R2']) n;
insert into cee.rep_organisation(rep, organisation) select n || '@', 'O@' from unnest(array['R1', 'R2']) n;
insert into cee.rep_profile(channel, rep, max_discount, hq_documents, series) select '@', n || '@', 5, 'both', n from unnest(array['R1', 'R2']) n;
insert into cee.rep_warehouse(channel, rep, warehouse) select '@', n || '@', 'W@' from unnest(array['R1', 'R2']) n;
insert into cee.rep_payment_form(channel, rep, payment_form, is_default) select '@', n || '@', 'TRANSFER', true from unnest(array['R1', 'R2']) n;

-- price list, articles A1 and A2 with stock and prices
insert into cee.price_list(code, name, currency, priority, is_default) values('L@', '{"pl": "Cennik"}', 'PLN', 6, true);
insert into cee.price_listing_item(listing, list) values('PL@', 'L@');
insert into cee.rep_price_list(channel, rep, list, priority) select '@', n || '@', 'L@', 1 from unnest(array['R1', 'R2']) n;
insert into cee.assortment_list(listing, list) values('AL@', 'S@');
insert into cee.article(number, name, vat_rate, base_unit, sales_unit) select n || '@', '{"pl": "Artykuł"}', 'V23', 'PCS', 'PCS' from unnest(array['A1', 'A2']) n;
insert into cee.article_unit(article, unit, factor) select n || '@', 'PCS', 1 from unnest(array['A1', 'A2']) n;
insert into cee.assortment_item(listing, list, article) select 'AL@', 'S@', n || '@' from unnest(array['A1', 'A2']) n;
insert into cee.stock(article, warehouse, owner, available, reserve) select n || '@', 'W@', 'O@', 10, 3 from unnest(array['A1', 'A2']) n;
insert into cee.price(row_id, list, article, unit, valid_from, price) select n || '@', 'L@', n || '@', 'PCS', '2026-01-01', 12.5 from unnest(array['A1', 'A2']) n;

-- category tree: root and one child that holds A1
insert into cee.category_tree(root, status) values('C@', 'in_process');
insert into cee.category(id, tree, parent, name) values('C@', 'C@', null, '{"pl": "Wszystko"}'), ('D@', 'C@', 'C@', '{"pl": "Nowości"}');
insert into cee.category_article(category, article) values('D@', 'A1@');
update cee.category_tree set status = 'released' where root = 'C@';

-- partners P1 (of all reps) and P2 (of R1), a discount of P2
insert into cee.partner(number, name, customer_type, currency, tax_class, payment_form, payment_term, price_class)
select n || '@', 'Sklep ' || n, 'RETAIL', 'PLN', 'DOM', 'TRANSFER', '14D', 'K1' from unnest(array['P1', 'P2']) n;
insert into cee.partner_address(id, partner, street, house, postal_code, city, country)
select gen_random_uuid(), n || '@', 'Długa', '7', '30-001', 'Kraków', 'PL' from unnest(array['P1', 'P2']) n;
insert into cee.channel_partner(channel, partner) select '@', n || '@' from unnest(array['P1', 'P2']) n;
insert into cee.partner_rep(channel, partner, rep) values('@', 'P2@', 'R1@');
insert into cee.customer_discount(code, name, partner, component, percent) values('CD@', '{"pl": "Rabat"}', 'P2@', 'RABAT', 3);

-- document 1 of P2, a note on P1, a picture of A1
insert into cee.document(type, hq_number, channel, partner, issue_date, currency, payment_form, warehouse, net_total, vat_total, gross_total,
    order_type, status_general, status_delivery, status_invoice)
values('ZS', '1@', '@', 'P2@', current_date, 'PLN', 'TRANSFER', 'W@', 25, 5.75, 30.75, 'ZSM', 'released', 'none', 'none');
insert into cee.document_line(type, hq_number, position, article, article_name, quantity, unit, vat_rate, regular_price, discounted_price, value)
values('ZS', '1@', 1, 'A1@', 'Artykuł', 2, 'PCS', 'V23', 12.5, 12.5, 25);
insert into cee.attachment(id, owner_kind, owner_key, type, name, text) values(gen_random_uuid(), 'partner', 'P1@', 'note', 'note', 'Zamknięte w piątki');
insert into cee.attachment(id, owner_kind, owner_key, type, name, extension, content)
values(gen_random_uuid(), 'article', 'A1@', 'image', 'a1.png', 'png', '\x89504e470d0a1a0a00000000');
