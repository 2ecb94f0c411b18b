-- What the import of partners asks of the reference CEE and writes there: whole batches, one statement each.

-- name: context
-- The channel's day, by CEE's clock.
select ($1::timestamptz at time zone $2)::date + (select days from cee.clock)

-- name: reps
-- The channel's reps among those named.
select rep from cee.rep_profile where channel = $1 and rep = any ($2::text[])

-- name: templates
-- The channel's partner templates.
select code, customer_type, currency, payment_form, payment_term, tax_class, price_class, organisation
from cee.partner_template where code = any ($1::text[])

-- name: lock
-- The partners named by number or by the source_id they were born with; nobody changes them, or parts of them, until the end.
select number, origin_source_id::text as source_id
from cee.partner
where number = any ($1::text[]) or origin_source_id = any ($2::uuid[])
order by number
for no key update

-- name: lock_parts
-- Whether nobody else is at work on a part of theirs; if so, nobody will be until the end.
with addresses as (select id from cee.partner_address where partner = any ($1::text[]) for update skip locked),
contacts as (select id from cee.partner_contact where partner = any ($1::text[]) for update skip locked),
persons as (select id from cee.contact_person where partner = any ($1::text[]) for update skip locked),
inner_contacts as (
    select c.id from cee.contact_person_contact c join cee.contact_person p on p.id = c.contact_person
    where p.partner = any ($1::text[]) for update of c skip locked)
select (select count(*) from addresses) = (select count(*) from cee.partner_address where partner = any ($1::text[]))
   and (select count(*) from contacts) = (select count(*) from cee.partner_contact where partner = any ($1::text[]))
   and (select count(*) from persons) = (select count(*) from cee.contact_person where partner = any ($1::text[]))
   and (select count(*) from inner_contacts) = (
       select count(*) from cee.contact_person_contact c join cee.contact_person p on p.id = c.contact_person
       where p.partner = any ($1::text[]))

-- name: held
-- Their state as the channel's devices receive it.
select v.body ->> 'number' as number, v.version, v.body, c.partner is not null as is_of_channel, c.deleted_on is not null as is_deleted
from cee.partners v
left join cee.channel_partner c on c.channel = v.channel and c.partner = v.body ->> 'number'
where v.channel = $1 and v.key = any ($2::text[])

-- name: said
-- What the source_ids' last revisions said, and the versions they left.
select source_id::text, version, said from cee.partner_import where channel = $1 and source_id = any ($2::uuid[])

-- name: taxed
-- Active partners of the channel whose tax id may be one of those written like this.
select p.number, p.tax_id, a.country
from cee.partner p
join cee.channel_partner c on c.channel = $1 and c.partner = p.number and c.assigned and c.deleted_on is null
left join lateral cee.begun(p.number, $3) v on true
left join lateral (
    select country from cee.partner_address where partner = p.number and type = 'main' order by id limit 1) a on true
where p.tax_id is not null and cee.bare_tax_id(p.tax_id) = any ($2::text[]) and coalesce(v.status, p.status) <> 'inactive'
order by p.number

-- name: owners
-- Whose the elements with these ids are.
select 'addresses' as list, id::text, partner from cee.partner_address where id = any ($1::uuid[])
union all
select 'contacts', id::text, partner from cee.partner_contact where id = any ($1::uuid[])
union all
select 'contact_persons', id::text, partner from cee.contact_person where id = any ($1::uuid[])
union all
select 'contact_persons/contacts', c.id::text, p.partner
from cee.contact_person_contact c join cee.contact_person p on p.id = c.contact_person where c.id = any ($1::uuid[])

-- name: numbers
-- The next partner numbers.
select cee.take_numbers('partner', $1)

-- name: create
-- New partners.
insert into cee.partner(number, legal_kind, name, matchcode, role, status, tax_id, customer_type, currency, tax_class, price_class,
    payment_form, payment_term, organisation, latitude, longitude, origin_source_id)
select number, legal_kind, name, matchcode, role, status, tax_id, customer_type, currency, tax_class, price_class,
    payment_form, payment_term, organisation, latitude, longitude, origin_source_id
from jsonb_to_recordset($1::jsonb) r(number text, legal_kind text, name text, matchcode text, role text, status text, tax_id text,
    customer_type text, currency text, tax_class text, price_class text, payment_form text, payment_term text, organisation text,
    latitude numeric, longitude numeric, origin_source_id uuid)

-- name: assign
-- They belong to the channel at once.
insert into cee.channel_partner(channel, partner) select $1, number from unnest($2::text[]) number

-- name: edit
-- The fields of a partner itself that a device may edit.
update cee.partner p
set name = r.name, matchcode = r.matchcode, tax_id = r.tax_id, latitude = r.latitude, longitude = r.longitude
from jsonb_to_recordset($1::jsonb) r(number text, name text, matchcode text, tax_id text, latitude numeric, longitude numeric)
where p.number = r.number

-- name: rename
-- A version of the partner that has begun had the name until now: an edit is newer than that.
update cee.partner_version set name = null where partner = any ($1::text[]) and valid_from <= $2 and name is not null

-- name: remove
-- A rep deleted these partners on a device.
update cee.channel_partner set deleted_on = $3 where channel = $1 and partner = any ($2::text[])

-- name: drop_addresses
-- Addresses taken out.
delete from cee.partner_address where id = any ($1::uuid[])

-- name: drop_contacts
-- Contacts taken out.
delete from cee.partner_contact where id = any ($1::uuid[])

-- name: drop_contact_persons
-- Contact persons taken out, with their contacts.
delete from cee.contact_person where id = any ($1::uuid[])

-- name: drop_inner
-- Contacts of contact persons taken out.
delete from cee.contact_person_contact where id = any ($1::uuid[])

-- name: put_addresses
-- Addresses added or changed.
insert into cee.partner_address as a (id, partner, type, street, house, postal_code, city, region, country)
select id, partner, type, street, house, postal_code, city, region, country
from jsonb_to_recordset($1::jsonb) r(id uuid, partner text, type text, street text, house text, postal_code text, city text, region text, country text)
on conflict (id) do update
set type = excluded.type, street = excluded.street, house = excluded.house, postal_code = excluded.postal_code, city = excluded.city,
    region = excluded.region, country = excluded.country
where a.partner = excluded.partner

-- name: put_contacts
-- Contacts added or changed.
insert into cee.partner_contact as c (id, partner, type, value, preferred)
select id, partner, type, value, coalesce(preferred, false)
from jsonb_to_recordset($1::jsonb) r(id uuid, partner text, type text, value text, preferred bool)
on conflict (id) do update set type = excluded.type, value = excluded.value, preferred = excluded.preferred
where c.partner = excluded.partner

-- name: put_contact_persons
-- Contact persons added or changed.
insert into cee.contact_person as h (id, partner, number, last_name, first_name, occupation)
select id, partner, number, last_name, first_name, position
from jsonb_to_recordset($1::jsonb) r(id uuid, partner text, number text, last_name text, first_name text, position text)
on conflict (id) do update
set number = excluded.number, last_name = excluded.last_name, first_name = excluded.first_name, occupation = excluded.occupation
where h.partner = excluded.partner

-- name: put_inner
-- Contacts of contact persons added or changed.
insert into cee.contact_person_contact (id, contact_person, type, value, preferred)
select id, contact_person, type, value, coalesce(preferred, false)
from jsonb_to_recordset($1::jsonb) r(id uuid, contact_person uuid, type text, value text, preferred bool)
on conflict (id) do update
set contact_person = excluded.contact_person, type = excluded.type, value = excluded.value, preferred = excluded.preferred

-- name: versions
-- What the writes have left.
select number, version from cee.partner where number = any ($1::text[])

-- name: remember
-- What the next revisions of these source_ids are built on.
insert into cee.partner_import as i (channel, source_id, partner, version, said)
select $1, r.source_id, r.partner, p.version, r.said
from jsonb_to_recordset($2::jsonb) r(source_id uuid, partner text, said jsonb)
join cee.partner p on p.number = r.partner
on conflict (channel, source_id) do update set partner = excluded.partner, version = excluded.version, said = excluded.said
