-- What every test company shares; entries are of all channels.
insert into cee.unit(code, name, decimals) values('PCS', '{"pl": "szt.", "en": "pieces"}', 0), ('BOX', '{"en": "box"}', 0) on conflict do nothing;
insert into cee.vat_rate(code, name, country) values('V23', '{"pl": "23 %"}', 'PL') on conflict do nothing;
insert into cee.vat_rate_value values('V23', '2011-01-01', 23) on conflict do nothing;
insert into cee.payment_form(code, name, type) values('TRANSFER', '{"pl": "przelew"}', 'transfer') on conflict do nothing;
insert into cee.payment_term(code, name, due_days) values('14D', '{"pl": "14 dni"}', 14) on conflict do nothing;
insert into cee.price_type(code, name, category) values('RABAT', '{"pl": "rabat"}', 'discount') on conflict do nothing;
insert into cee.currency(code, name) values('PLN', '{"pl": "złoty"}') on conflict do nothing;
insert into cee.country(code, name) values('PL', '{"pl": "Polska"}') on conflict do nothing;
insert into cee.document_type(code, name, symbol) values('ZS', '{"pl": "Zamówienie"}', 'ZS'), ('OS', '{"pl": "Oferta"}', 'OS') on conflict do nothing;
insert into cee.customer_type(code, name) values('RETAIL', '{"pl": "Detal"}') on conflict do nothing;

-- Numbers and templates of what devices send in.
insert into cee.number_range(name, prefix) values('partner', 'M'), ('100', 'ZS-'), ('200', 'OS-') on conflict do nothing;
insert into cee.partner_template(code, customer_type, currency, payment_form, payment_term, tax_class, price_class, organisation)
values('T1', 'RETAIL', 'PLN', 'TRANSFER', '14D', 'DOM', 'K1', 'HQ'), ('T2', 'RETAIL', 'PLN', 'TRANSFER', '14D', 'FREE', null, 'HQ') on conflict do nothing;
