-- A company small enough to know by heart: channel C1 with two reps, channel C2 with nothing but a root.
insert into cee.channel (id, description, sales_organisation, currency, active, time_zone, assortment_listing, price_listing, category_root,
    order_type_zs, order_type_os, default_payment_form, default_payment_term, template_with_tax_id, template_without_tax_id,
    max_user_discount, inventory_owner, delivery_warehouse, file_type_image, file_type_recording, file_type_other)
select id, 'Kanał ' || id, 'ORG', 'PLN', id = 'C1', 'Europe/Warsaw', 'AL-' || id, 'PL-' || id, 'T-' || id,
    'ZSM', 'OSM', 'CASH', '14D', 'TPL1', 'TPL2', 20, 'ORG', 'W1', 'IMG', 'REC', 'OTH'
from unnest(array['C1', 'C2']) id;
insert into cee.channel_warehouse values ('C1', 'W1', 1), ('C1', 'W2', 2), ('C2', 'W3', 1);

insert into cee.unit (code, name, decimals) values ('PCS', '{"pl": "sztuka", "de": "Stück"}', 0), ('BOX', '{"pl": "karton"}', 0);
insert into cee.warehouse (code, name, organisation) values ('W1', '{"pl": "Główny"}', 'ORG'), ('W2', '{"pl": "Drugi"}', 'ORG'), ('W3', '{"pl": "Obcy"}', 'ORG');
insert into cee.vat_rate (code, name, country) values ('A23', '{"pl": "23 %"}', 'PL');
insert into cee.vat_rate_value values ('A23', '2011-01-01', 23), ('A23', '2004-05-01', 22);
insert into cee.payment_form (code, name, type) values ('CASH', '{"pl": "Gotówka"}', 'cash');
insert into cee.payment_term (code, name, due_days) values ('14D', '{"pl": "14 dni"}', 14);
insert into cee.price_type (code, name, category) values ('RAB', '{"pl": "Rabat"}', 'discount');
insert into cee.occupation (code, name, description) values ('BUYER', '{"pl": "Zaopatrzeniowiec"}', 'kupuje');
insert into cee.currency (code, name, decimals) values ('PLN', '{"pl": "złoty"}', 2);
insert into cee.country (code, name) values ('PL', '{"pl": "Polska"}');
insert into cee.country_region values ('PL', 'MA', 'Małopolskie');
insert into cee.document_type (code, name, symbol) values ('ZS', '{"pl": "Zamówienie"}', 'ZS');
insert into cee.customer_type (code, name, b2b) values ('SHOP', '{"pl": "Sklep"}', true), ('HOME', '{"pl": "Dom"}', false);
insert into cee.relationship_type (code, name) values ('MOTHER', '{"pl": "Spółka matka"}');
insert into cee.visit_type (code, name) values ('SALE', '{"pl": "Handlowa"}');

insert into cee.partner (number, legal_kind, name, customer_type, currency, tax_class, payment_form, payment_term, origin_source_id, credit_limit, latitude, longitude)
values ('R1', 'person', 'Nowak', 'SHOP', 'PLN', 'T', 'CASH', '14D', null, null, null, null),
       ('R2', 'person', 'Lis', 'SHOP', 'PLN', 'T', 'CASH', '14D', null, null, null, null),
       ('K1', 'organisation', 'Żabka', 'SHOP', 'PLN', 'T', 'CASH', '14D', '00000000-0000-4000-8000-00000000aaaa', 100, 50.0614, 19.9366),
       ('K2', 'organisation', 'Biedronka', 'SHOP', 'PLN', 'T', 'CASH', '14D', null, null, null, null),
       ('K/3', 'organisation', 'Obcy', 'SHOP', 'PLN', 'T', 'CASH', '14D', null, null, null, null);
insert into cee.partner_address (id, partner, type, street, house, postal_code, city, region, country) values
    ('00000000-0000-4000-8000-000000000001', 'K1', 'main', 'Długa', '1', '30-001', 'Kraków', 'MA', 'PL'),
    ('00000000-0000-4000-8000-000000000002', 'K1', 'delivery', 'Krótka', null, '30-002', 'Kraków', null, 'PL'),
    ('00000000-0000-4000-8000-000000000003', 'R1', 'main', 'Leśna', '7', '30-003', 'Kraków', null, 'PL');
insert into cee.partner_contact (id, partner, type, value, preferred) values
    ('00000000-0000-4000-8000-000000000011', 'K1', 'phone', '+48 12 1', true),
    ('00000000-0000-4000-8000-000000000012', 'R1', 'mobile', '+48 600', false);
insert into cee.contact_person (id, partner, number, last_name, first_name, occupation) values
    ('00000000-0000-4000-8000-000000000021', 'K1', 'P1', 'Kowalska', 'Anna', 'BUYER');
insert into cee.contact_person_contact (id, contact_person, type, value) values
    ('00000000-0000-4000-8000-000000000031', '00000000-0000-4000-8000-000000000021', 'email', 'a@b.pl');
insert into cee.partner_relationship values ('K1', 'MOTHER', 'K2');
insert into cee.partner_attribute (partner, name, value) values ('K1', 'branża', 'spożywcza');
insert into cee.rep (number, first_name, last_name, matchcode, employer, responsible_organisation, cee_user, valid_from) values
    ('R1', 'Jan', 'Nowak', 'NOWAK', 'ORG', 'ORG', 'jnowak', '2020-01-01'), ('R2', 'Ewa', 'Lis', 'LIS', 'ORG', 'ORG', null, '2020-01-01');
insert into cee.rep_organisation values ('R1', 'ORG'), ('R2', 'ORG');
insert into cee.rep_profile (channel, rep, max_discount, hq_documents, series) values ('C1', 'R1', 10, 'both', 'JN'), ('C1', 'R2', 5, 'none', 'EL');
insert into cee.rep_warehouse values ('C1', 'R1', 'W2', 2), ('C1', 'R1', 'W1', 1), ('C1', 'R2', 'W1', 1);
insert into cee.rep_payment_form values ('C1', 'R1', 'CASH', true), ('C1', 'R2', 'CASH', true);
insert into cee.channel_partner (channel, partner) values ('C1', 'K1'), ('C1', 'K2');
insert into cee.partner_rep values ('C1', 'K1', 'R1');

insert into cee.article (number, name, vat_rate, base_unit, sales_unit, weight, is_new) values
    ('A1', '{"pl": "Wiertarka", "en": "Drill"}', 'A23', 'PCS', 'BOX', 1.5, true),
    ('A2', '{"pl": "Młotek"}', 'A23', 'PCS', 'PCS', null, false),
    ('A3', '{"pl": "Poza asortymentem"}', 'A23', 'PCS', 'PCS', null, false),
    ('A/4%', '{"pl": "Kreska"}', 'A23', 'PCS', 'PCS', null, false);
insert into cee.article_unit values ('A1', 'PCS', 1), ('A1', 'BOX', 12.5);
insert into cee.article_ean values ('A1', 'PCS', '5901234123457');
insert into cee.article_attribute (article, name, value) values ('A1', 'moc', '500 W');
insert into cee.assortment_list (listing, list) values ('AL-C1', 'BASE'), ('AL-C1', 'EXTRA'), ('AL-C2', 'BASE');
insert into cee.assortment_item (listing, list, article) values ('AL-C1', 'BASE', 'A1'), ('AL-C1', 'BASE', 'A2'), ('AL-C1', 'EXTRA', 'A/4%');
insert into cee.category_tree values ('T-C1', 'released'), ('T-C2', 'in_process');
insert into cee.category (id, tree, parent, name) values
    ('T-C1', 'T-C1', null, '{"pl": "Wszystko"}'), ('D1', 'T-C1', 'T-C1', '{"pl": "Elektro"}'), ('D2', 'T-C1', 'D1', '{"pl": "Wiertarki"}'),
    ('T-C2', 'T-C2', null, '{"pl": "Inne"}');
insert into cee.category_article (category, article, position) values ('D2', 'A1', 1);
insert into cee.stock (article, warehouse, owner, available, reserve, alert_quantity, as_of) values
    ('A1', 'W1', 'ORG', 10, 2, 5, '2026-01-02 03:04:05.678Z'), ('A1', 'W3', 'ORG', 1, 0, null, now()), ('A2', 'W2', 'ORG', 3, 0, null, now()),
    ('A3', 'W1', 'ORG', 4, 0, null, now()), ('A1', 'W1', 'ALIEN', 9, 0, null, now()), ('A/4%', 'W1', 'ORG', 8, 0, null, now());

insert into cee.price_list (code, name, currency, level, customer, priority, is_default) values
    ('L1', '{"pl": "Podstawowy"}', 'PLN', 'item', null, 3, true), ('LK', '{"pl": "Żabka"}', 'PLN', 'customer-item', 'K1', 1, false),
    ('LX', '{"pl": "Poza listą"}', 'PLN', 'item', null, 6, false);
insert into cee.price_listing_item (listing, list) values ('PL-C1', 'L1'), ('PL-C1', 'LK'), ('PL-C2', 'LX');
insert into cee.rep_price_list values ('C1', 'R1', 'L1', 1);
insert into cee.price (row_id, list, article, unit, scale, valid_from, valid_to, price, price_unit) values
    ('1', 'L1', 'A1', 'PCS', 0, '2026-01-01', null, 12.5, 1), ('2', 'L1', 'A1', 'PCS', 2.5, '2026-01-01', '2026-07-01', 12, 100),
    ('3', 'L1', 'A3', 'PCS', 0, '2026-01-01', null, 1, 1), ('4', 'LK', 'A2', 'PCS', 0, '2026-01-01', null, 7, 1),
    ('5', 'LX', 'A1', 'PCS', 0, '2026-01-01', null, 5, 1), ('6', 'L1', 'A/4%', 'PCS', 10, '2026-01-01', null, 2, 1);
insert into cee.customer_discount (code, name, partner, component, percent, threshold, valid_from) values
    ('CD1', '{"pl": "Rabat dla Żabki"}', 'K1', 'RAB', 5, 10, '2026-01-01'), ('CD2', '{"pl": "Rabat"}', 'K2', 'RAB', 3, 0, null);

insert into cee.document (type, hq_number, channel, mobile_number, partner, origin, rep, issue_date, delivery_date, expiry_date, currency,
    payment_form, warehouse, net_total, vat_total, gross_total, order_type, status_general, status_delivery, status_invoice, status_order)
values ('ZS', '1/26', 'C1', null, 'K1', 'cee', null, cee.today('Europe/Warsaw') - 5, cee.today('Europe/Warsaw'), null, 'PLN',
            'CASH', 'W1', 100, 23, 123, 'ZSM', 'released', 'none', 'part', null),
       ('OS', '2', 'C1', 'OS-1/11/26/EL', 'K1', 'mobile', 'R2', cee.today('Europe/Warsaw') - 5, null, cee.today('Europe/Warsaw'), 'PLN',
            'CASH', 'W1', 10, 2.3, 12.3, 'OSM', 'completed', null, null, 'full'),
       ('ZS', '3', 'C1', null, 'K2', 'cee', null, cee.today('Europe/Warsaw') - 5, null, null, 'PLN',
            'CASH', 'W1', 10, 2.3, 12.3, 'ZSM', 'in_process', 'none', 'none', null),
       ('ZS', '4', 'C1', null, 'K2', 'cee', null, cee.today('Europe/Warsaw') - 91, null, null, 'PLN',
            'CASH', 'W1', 10, 2.3, 12.3, 'ZSM', 'completed', 'full', 'full', null);
insert into cee.document_line (type, hq_number, position, article, article_name, quantity, unit, vat_rate, regular_price, discounted_price, discount, value) values
    ('ZS', '1/26', 1, 'A1', 'Wiertarka', 4, 'PCS', 'A23', 12.5, 12.5, 0, 50), ('ZS', '1/26', 2, 'A3', 'Poza', 5, 'PCS', 'A23', 10, 10, 0, 50),
    ('OS', '2', 1, 'A2', 'Młotek', 1, 'PCS', 'A23', 10, 10, 0, 10), ('ZS', '3', 1, 'A2', 'Młotek', 1, 'PCS', 'A23', 10, 10, 0, 10),
    ('ZS', '4', 1, 'A2', 'Młotek', 1, 'PCS', 'A23', 10, 10, 0, 10);
insert into cee.attachment (id, owner_kind, owner_key, type, name, extension, content, is_default) values
    ('00000000-0000-4000-8000-0000000000a1', 'article', 'A1', 'image', 'wiertarka.jpg', 'jpg', '\xffd8ff01', true),
    ('00000000-0000-4000-8000-0000000000a2', 'article', 'A1', 'file', 'instrukcja.pdf', 'pdf', '%PDF-', false),
    ('00000000-0000-4000-8000-0000000000a3', 'partner', 'K1', 'image', 'regał.jpg', 'jpg', '\xffd8ff03', false);
insert into cee.attachment (id, owner_kind, owner_key, type, name, text) values
    ('00000000-0000-4000-8000-0000000000d1', 'document', 'ZS/1%2F26', 'note', 'uwaga', 'pilne'),
    ('00000000-0000-4000-8000-0000000000d2', 'document', 'OS/2', 'note', 'uwaga', 'telefon');
