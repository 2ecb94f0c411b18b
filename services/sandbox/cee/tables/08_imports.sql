-- What the reference CEE has for objects born on devices. Only adds to the tables before it, so that an older CEE can be completed.

-- What a new partner gets that the rep did not enter (domain.md 4.1); an empty column leaves it to the channel.
create table cee.partner_template (
    code text collate "C" primary key,
    customer_type text collate "C" not null,
    currency text collate "C",
    payment_form text collate "C",
    payment_term text collate "C",
    tax_class text collate "C" not null,
    price_class text collate "C",
    organisation text collate "C"
);

-- Numbers CEE gives: `partner`, and one range per order type. cee.take_numbers hands them out.
create table cee.number_range (
    name text collate "C" primary key,
    prefix text collate "C" not null,
    next bigint not null default 1 check (next > 0),
    digits int not null default 6
);

-- Visits belong to the device always: CEE keeps what it says and sends nothing back.
create table cee.visit (
    source_id uuid primary key,
    number text collate "C" not null,
    name text not null,
    visit_type text collate "C" not null,
    partner text collate "C" not null,
    address uuid,
    rep text collate "C" not null,
    channel text collate "C" not null,
    planned_start timestamptz not null,
    planned_end timestamptz not null,
    all_day bool not null default false,
    actual_start timestamptz,
    priority text not null default 'normal',
    description text,
    status text not null,
    origin_revision int not null,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as (source_id::text) stored
);
create index visit_channel on cee.visit (channel, rep, planned_start);
create index visit_partner on cee.visit (partner, planned_start);

-- What a device said last of a partner by each source_id, and the version that left: its next revision is built on that, whether
-- or not the device has heard of it yet.
create table cee.partner_import (
    channel text collate "C" not null,
    source_id uuid not null,
    partner text collate "C" not null references cee.partner on update cascade on delete cascade,
    version bigint not null,
    said jsonb not null,
    primary key (channel, source_id)
);
create index partner_import_partner on cee.partner_import (partner);

-- The organisation that answers for a partner, and the CEE type of a file (a channel's file_types).
alter table cee.partner add column organisation text collate "C";
alter table cee.attachment add column file_type text collate "C";

-- A tax id as it is compared: people write it with spaces, dots and dashes. The country prefix is the reader's business.
create function cee.bare_tax_id(tax_id text) returns text
language sql immutable strict parallel safe
return upper(regexp_replace(tax_id, '[\s.-]', '', 'g'));

create index partner_tax_id on cee.partner (cee.bare_tax_id(tax_id)) where tax_id is not null;
create index partner_origin on cee.partner (origin_source_id) where origin_source_id is not null;
create index document_origin on cee.document (origin_source_id) where origin_source_id is not null;
create index document_mobile_number on cee.document (channel, mobile_number) where mobile_number is not null;
