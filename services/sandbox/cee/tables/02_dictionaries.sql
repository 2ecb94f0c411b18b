-- The fourteen dictionaries of master-data (domain.md 3.1), one table each.
-- `marked_for_deletion` takes an entry out of every channel; `active` only travels with it.

create table cee.unit (
    code text collate "C" primary key,
    name jsonb not null,
    active bool not null default true,
    decimals int not null default 0,
    marked_for_deletion bool not null default false,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as ('units/' || cee.escape(code)) stored
);

create table cee.warehouse (
    code text collate "C" primary key,
    name jsonb not null,
    active bool not null default true,
    organisation text collate "C",
    marked_for_deletion bool not null default false,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as ('warehouses/' || cee.escape(code)) stored
);

create table cee.vat_rate (
    code text collate "C" primary key,
    name jsonb not null,
    active bool not null default true,
    country text collate "C",
    exempt bool not null default false,
    marked_for_deletion bool not null default false,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as ('vat-rates/' || cee.escape(code)) stored
);

create table cee.vat_rate_value (
    vat_rate text collate "C" not null references cee.vat_rate on update cascade on delete cascade,
    valid_from date not null,
    percent numeric(8,2) not null,
    primary key (vat_rate, valid_from)
);

create table cee.payment_form (
    code text collate "C" primary key,
    name jsonb not null,
    active bool not null default true,
    type text not null,
    marked_for_deletion bool not null default false,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as ('payment-forms/' || cee.escape(code)) stored
);

create table cee.payment_term (
    code text collate "C" primary key,
    name jsonb not null,
    active bool not null default true,
    due_days int not null,
    marked_for_deletion bool not null default false,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as ('payment-terms/' || cee.escape(code)) stored
);

create table cee.price_type (
    code text collate "C" primary key,
    name jsonb not null,
    active bool not null default true,
    category text not null,
    discountable bool not null default true,
    use_once bool not null default false,
    base_discount bool not null default false,
    marked_for_deletion bool not null default false,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as ('price-types/' || cee.escape(code)) stored
);

-- Occupations of contact persons: dictionary `positions`.
create table cee.occupation (
    code text collate "C" primary key,
    name jsonb not null,
    active bool not null default true,
    description text,
    marked_for_deletion bool not null default false,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as ('positions/' || cee.escape(code)) stored
);

create table cee.currency (
    code text collate "C" primary key,
    name jsonb not null,
    active bool not null default true,
    decimals int not null default 2,
    marked_for_deletion bool not null default false,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as ('currencies/' || cee.escape(code)) stored
);

create table cee.country (
    code text collate "C" primary key,
    name jsonb not null,
    active bool not null default true,
    marked_for_deletion bool not null default false,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as ('countries/' || cee.escape(code)) stored
);

create table cee.country_region (
    country text collate "C" not null references cee.country on update cascade on delete cascade,
    code text collate "C" not null,
    name text not null,
    primary key (country, code)
);

create table cee.document_type (
    code text collate "C" primary key,
    name jsonb not null,
    active bool not null default true,
    symbol text not null,
    marked_for_deletion bool not null default false,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as ('document-types/' || cee.escape(code)) stored
);

create table cee.customer_type (
    code text collate "C" primary key,
    name jsonb not null,
    active bool not null default true,
    b2b bool not null default true,
    marked_for_deletion bool not null default false,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as ('customer-types/' || cee.escape(code)) stored
);

create table cee.relationship_type (
    code text collate "C" primary key,
    name jsonb not null,
    active bool not null default true,
    marked_for_deletion bool not null default false,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as ('relationship-types/' || cee.escape(code)) stored
);

create table cee.visit_type (
    code text collate "C" primary key,
    name jsonb not null,
    active bool not null default true,
    marked_for_deletion bool not null default false,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as ('visit-types/' || cee.escape(code)) stored
);

-- Customer promotions. `code` is CEE's row id; neither article nor article_class = all articles.
create table cee.customer_discount (
    code text collate "C" primary key,
    name jsonb not null,
    active bool not null default true,
    promotion_type text not null default 'customer',
    partner text collate "C" not null,
    component text collate "C" not null,
    article text collate "C",
    article_class text collate "C",
    threshold numeric(18,3) not null default 0,
    percent numeric(8,2) not null,
    valid_from date,
    valid_to date,
    marked_for_deletion bool not null default false,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as ('customer-discounts/' || cee.escape(code)) stored
);
create unique index customer_discount_key on cee.customer_discount (key);
create index customer_discount_partner on cee.customer_discount (partner, component);
