-- Changes of the small company (cee_company.sql), each with some of what it alters in the views of channel C1.

-- === dictionaries

-- alters: master-data/units/PCS
update cee.unit set decimals = 3 where code = 'PCS';

-- alters: master-data/units/P%2FC master-data/units/PCS
update cee.unit set code = 'P/C' where code = 'PCS';

-- alters: master-data/warehouses/W1
update cee.warehouse set marked_for_deletion = true where code = 'W1';

-- alters: master-data/vat-rates/A23
update cee.vat_rate_value set percent = 24 where valid_from = '2011-01-01';

-- alters: master-data/countries/PL
delete from cee.country_region;

-- alters: master-data/customer-types/HOME master-data/customer-types/SHOP
update cee.customer_type set b2b = not b2b;

-- alters: master-data/visit-types/SALE
delete from cee.visit_type;

-- alters: master-data/customer-discounts/CD1
update cee.customer_discount set partner = 'K2' where code = 'CD1';

-- alters: master-data/customer-discounts/CD1 master-data/customer-discounts/CD3
insert into cee.customer_discount (code, name, partner, component, percent, threshold, valid_from)
    values ('CD3', '{}', 'K1', 'RAB', 1, 10, '2026-01-01');

-- === partners

-- alters: partners/K1
update cee.partner set name = 'Inna' where number = 'K1';

-- alters: partners/K2 partners/K9
update cee.partner set number = 'K9' where number = 'K2';

-- alters: partners/K1
update cee.partner_address set city = 'Gdynia' where partner = 'K1';

-- alters: partners/K1 partners/K2
update cee.partner_address set partner = 'K2' where type = 'delivery';

-- alters: partners/K1 sales-reps/R1
delete from cee.partner_contact;

-- alters: partners/K1
update cee.contact_person set last_name = 'Nowa';

-- alters: partners/K1
update cee.contact_person_contact set value = 'c@d.pl';

-- alters: partners/K1
delete from cee.contact_person;

-- alters: partners/K1
delete from cee.partner_relationship;

-- alters: partners/K1
update cee.partner_attribute set value = 'inna';

-- alters: partners/K%2F3
insert into cee.channel_partner (channel, partner) values ('C1', 'K/3');

-- alters: attachments/00000000-0000-4000-8000-0000000000a3
-- alters: master-data/customer-discounts/CD1 partners/K1 price-lists/LK price-lists/LK/A2/PCS/0/2026-01-01
update cee.channel_partner set assigned = false where partner = 'K1';

-- alters: partners/K1 price-lists/LK
update cee.channel_partner set deleted_on = '2026-01-01' where partner = 'K1';

-- alters: partners/K1 partners/K2 price-lists/LK
delete from cee.channel_partner;

-- alters: attachments/00000000-0000-4000-8000-0000000000a3 partners/K1 price-lists/LK
update cee.partner set status = 'inactive' where number = 'K1';

-- alters: partners/K2 sales-documents/ZS/3
insert into cee.partner_rep values ('C1', 'K1', 'R2'), ('C1', 'K2', 'R2');

-- alters: attachments/00000000-0000-4000-8000-0000000000a3 master-data/customer-discounts/CD1 partners/K1 price-lists/LK
-- alters: price-lists/LK/A2/PCS/0/2026-01-01
delete from cee.partner_rep;

-- alters: partners/K1 price-lists/LK
insert into cee.partner_version (partner, valid_from, status) values ('K1', cee.today('Europe/Warsaw'), 'inactive');

-- alters: partners/K1 price-lists/LK master-data/customer-discounts/CD1 attachments/00000000-0000-4000-8000-0000000000a3
delete from cee.partner where number = 'K1';

-- === reps

-- alters: sales-reps/R2
update cee.rep set cee_user = 'elis' where number = 'R2';

-- alters: attachments/00000000-0000-4000-8000-0000000000d1 sales-documents/ZS/1%2F26 sales-documents/ZS/3 sales-reps/R1
update cee.rep set sales_rep = false where number = 'R1';

-- alters: price-lists/L1 sales-reps/R2
update cee.rep set sales_rep = false where number = 'R2';

-- alters: sales-documents/ZS/3 sales-reps/R1
update cee.rep set employer = 'ELSE' where number = 'R1';

-- alters: sales-reps/R2
delete from cee.rep where number = 'R2';

-- alters: sales-documents/ZS/3 sales-reps/R2
update cee.rep_profile set hq_documents = 'both' where rep = 'R2';

-- alters: sales-documents/ZS/3 sales-reps/R1
delete from cee.rep_profile where rep = 'R1';

-- alters: price-lists/L1 sales-reps/R2
insert into cee.rep_price_list values ('C1', 'R2', 'L1', 1);

-- alters: sales-reps/R1
delete from cee.rep_warehouse where warehouse = 'W2';

-- alters: sales-reps/R1
update cee.rep_payment_form set is_default = false where rep = 'R1';

-- alters: sales-reps/R1
delete from cee.rep_organisation where rep = 'R1';

-- === articles, categories, stock

-- alters: articles/A1
update cee.article set weight = 2 where number = 'A1';

-- alters: articles/A1
update cee.article_unit set factor = 24 where unit = 'BOX';

-- alters: articles/A1
delete from cee.article_ean;

-- alters: articles/A1
update cee.article_attribute set value = '600 W';

-- alters: articles/A1 availability/A1/W1/ORG
update cee.article set allow_negative = true where number = 'A1';

-- alters: articles/A1 attachments/00000000-0000-4000-8000-0000000000a1 availability/A1/W1/ORG price-lists/L1/A1/PCS/0/2026-01-01
update cee.article set status = 'marked_for_deletion' where number = 'A1';

-- alters: articles/A%2F4%25 availability/A%2F4%25/W1/ORG price-lists/L1/A%2F4%25/PCS/10/2026-01-01
delete from cee.assortment_item where article = 'A/4%';

-- alters: articles/A3 availability/A3/W1/ORG price-lists/L1/A3/PCS/0/2026-01-01
insert into cee.assortment_item (listing, list, article) values ('AL-C1', 'EXTRA', 'A3');

-- alters: articles/A1 articles/A2 availability/A2/W2/ORG
update cee.assortment_list set valid_to = cee.today('Europe/Warsaw') where listing = 'AL-C1';

-- alters: articles/A1 price-lists/L1/A1/PCS/0/2026-01-01
delete from cee.assortment_list where listing = 'AL-C1';

-- alters: articles/A1 availability/A1/W1/ORG price-lists/L1/A1/PCS/0/2026-01-01
delete from cee.article where number = 'A1';

-- alters: article-categories/D1
update cee.category set name = '{"pl": "Nowa"}' where id = 'D1';

-- alters: article-categories/D2
update cee.category set parent = 'T-C1' where id = 'D2';

-- alters: article-categories/D0 article-categories/D1 article-categories/D2
insert into cee.category (id, tree, parent, name) values ('D0', 'T-C1', 'T-C1', '{}');
update cee.category set parent = 'D0' where id = 'D1';

-- alters: article-categories/D1 article-categories/D2
update cee.category set parent = 'D2' where id = 'D1';

-- alters: article-categories/D2
delete from cee.category where id = 'D2';

-- alters: article-categories/D1
insert into cee.category_article (category, article, position) values ('D1', 'A2', 1);

-- alters: article-categories/D2
update cee.category_article set position = 7;

-- alters: article-categories/D1 article-categories/D2
update cee.category_tree set status = 'in_process' where root = 'T-C1';
delete from cee.category where id = 'D2';
update cee.category set position = 4 where id = 'D1';
update cee.category_tree set status = 'released';

-- alters: article-categories/D2 article-categories/T-C1
delete from cee.category_tree where root = 'T-C1';

-- alters: availability/A1/W1/ORG
update cee.stock set available = 99 where warehouse = 'W1' and owner = 'ORG';

-- alters: availability/A1/W2/ORG availability/A2/W2/ORG
update cee.stock set warehouse = 'W2' where article = 'A1' and warehouse = 'W3';
delete from cee.stock where article = 'A2';

-- === prices

-- alters: price-lists/L1/A1/PCS/0/2026-01-01
update cee.price set price = 13 where row_id = '1';

-- alters: price-lists/L1/A1/PCS/0/2026-01-01 price-lists/L1/A1/PCS/0/2026-02-01
update cee.price set valid_from = '2026-02-01' where row_id = '1';

-- alters: price-lists/L1/A1/PCS/0/2026-01-01
insert into cee.price (row_id, list, article, unit, valid_from, price) values ('7', 'L1', 'A1', 'PCS', '2026-01-01', 1);

-- alters: price-lists/L1/A1/PCS/2.5/2026-01-01 price-lists/L1/A1/PCS/2.5/2026-06-30
insert into cee.price (row_id, list, article, unit, scale, valid_from, price)
    values ('7', 'L1', 'A1', 'PCS', 2.5, '2026-06-30', 1);

-- alters: price-lists/LK/A2/PCS/0/2026-01-01
delete from cee.price where list = 'LK';

-- alters: price-lists/L1
update cee.price_list set priority = 5 where code = 'L1';

-- alters: price-lists/LK price-lists/LK/A2/PCS/0/2026-01-01
update cee.price_list set customer = 'K2' where code = 'LK';

-- alters: price-lists/L1 price-lists/L1/A1/PCS/0/2026-01-01
delete from cee.price_list where code = 'L1';

-- alters: price-lists/L1 price-lists/L1/A1/PCS/2.5/2026-01-01
delete from cee.price_listing_item where list = 'L1';

-- alters: price-lists/LX price-lists/LX/A1/PCS/0/2026-01-01
insert into cee.price_listing_item (listing, list) values ('PL-C1', 'LX');

-- === documents, attachments

-- alters: sales-documents/ZS/3
update cee.document set status_delivery = 'full' where hq_number = '3';

-- alters: sales-documents/ZS/3 sales-documents/ZS/3%2FB
update cee.document set hq_number = '3/B' where hq_number = '3';

-- alters: sales-documents/ZS/3
update cee.document_line set quantity = 7 where hq_number = '3';

-- alters: sales-documents/ZS/3
update cee.document_line set article = 'A3' where hq_number = '3';

-- alters: sales-documents/ZS/1%2F26 sales-documents/ZS/3
delete from cee.document_line where article = 'A3';
insert into cee.document_line (type, hq_number, position, article, article_name, quantity, unit, vat_rate, regular_price, discounted_price, value)
    values ('ZS', '3', 2, 'A3', 'Poza', 1, 'PCS', 'A23', 1, 1, 1);

-- alters: attachments/00000000-0000-4000-8000-0000000000a3 attachments/00000000-0000-4000-8000-0000000000d2 partners/K1
-- alters: price-lists/LK price-lists/LK/A2/PCS/0/2026-01-01 sales-documents/OS/2
update cee.document set status_general = 'completed', issue_date = '2020-01-01' where hq_number = '2';

-- alters: partners/K1 sales-documents/OS/2
update cee.document set partner = 'K2' where hq_number = '2';

-- alters: partners/K1 sales-documents/OS/2
update cee.document set rep = 'R1' where hq_number = '2';

-- alters: partners/K1 sales-documents/OS/2
update cee.document set channel = 'C2' where hq_number = '2';

-- alters: partners/K1 sales-documents/OS/2 sales-documents/ZS/3
delete from cee.document;

-- alters: attachments/00000000-0000-4000-8000-0000000000a3
update cee.attachment set name = 'x' where owner_kind = 'partner';

-- alters: attachments/00000000-0000-4000-8000-0000000000a3
update cee.attachment set content = '\xffd8ff99' where owner_kind = 'partner';

-- alters: articles/A1 attachments/00000000-0000-4000-8000-0000000000a1
update cee.attachment set is_default = false;

-- alters: articles/A1 attachments/00000000-0000-4000-8000-0000000000a2
delete from cee.attachment where extension = 'pdf';

-- alters: attachments/00000000-0000-4000-8000-0000000000a3 attachments/00000000-0000-4000-8000-0000000000a9
insert into cee.attachment (id, owner_kind, owner_key, type, name, extension, content, created_at)
    values ('00000000-0000-4000-8000-0000000000a9', 'partner', 'K1', 'image', 'older', 'jpg', '\xffd8ff03', '2020-01-01');

-- alters: articles/A1 attachments/00000000-0000-4000-8000-0000000000a2
update cee.attachment set owner_kind = 'partner', owner_key = 'K2' where extension = 'pdf';

-- === the channel

-- alters: articles/A1 attachments/00000000-0000-4000-8000-0000000000a1 availability/A1/W1/ORG price-lists/L1/A1/PCS/0/2026-01-01
update cee.channel set assortment_listing = 'AL-C2' where id = 'C1';

-- alters: availability/A1/W1/ALIEN availability/A1/W1/ORG
update cee.channel set inventory_owner = 'ALIEN' where id = 'C1';

-- alters: availability/A1/W1/ORG
update cee.channel set stock_managed = false where id = 'C1';

-- alters: availability/A1/W1/ORG master-data/warehouses/W1
delete from cee.channel_warehouse where warehouse = 'W1';

-- alters: availability/A1/W3/ORG master-data/warehouses/W3
insert into cee.channel_warehouse values ('C1', 'W3', 3);

-- alters: price-lists/L1 price-lists/LX/A1/PCS/0/2026-01-01
update cee.channel set price_listing = 'PL-C2' where id = 'C1';

-- alters: article-categories/T-C2
update cee.channel set category_root = 'T-C2' where id = 'C1';

-- alters: sales-documents/ZS/4
update cee.channel set document_history_days = 200 where id = 'C1';

-- alters: partners/K1 sales-documents/OS/2
update cee.channel set document_history_days = 1 where id = 'C1';

-- alters: sales-documents/ZS/3 sales-reps/R1
update cee.channel set sales_organisation = 'OTHER' where id = 'C1';
update cee.rep set former_employers = '{OTHER}';

-- === a partner whom the channel never had, named by a document

-- alters: partners/K%2F3 sales-documents/ZS/3
update cee.document set partner = 'K/3' where hq_number = '3';
