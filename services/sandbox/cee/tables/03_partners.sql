-- Business partners with their parts, reps (partners of kind person) and the reps' profiles per channel.

create table cee.partner (
    number text collate "C" primary key,
    legal_kind text not null default 'organisation',
    name text not null,
    matchcode text,
    role text not null default 'customer',
    status text not null default 'released',
    tax_id text,
    customer_type text collate "C" not null,
    currency text collate "C" not null,
    tax_class text collate "C" not null,
    price_class text collate "C",
    payer text collate "C",
    payment_form text collate "C" not null,
    payment_term text collate "C" not null,
    credit_limit numeric(18,3),
    open_balance numeric(18,3),
    category text collate "C",
    latitude numeric(9,6),
    longitude numeric(9,6),
    origin_source_id uuid,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as (cee.escape(number)) stored
);
create unique index partner_key on cee.partner (key);

-- What changes on a day to come: a filled column replaces the partner's own from valid_from on.
create table cee.partner_version (
    partner text collate "C" not null references cee.partner on update cascade on delete cascade,
    valid_from date not null,
    name text,
    role text,
    status text,
    customer_type text collate "C",
    price_class text collate "C",
    payment_form text collate "C",
    payment_term text collate "C",
    credit_limit numeric(18,3),
    primary key (partner, valid_from)
);
create index partner_version_begins on cee.partner_version (valid_from);

create table cee.partner_address (
    id uuid primary key,
    partner text collate "C" not null references cee.partner on update cascade on delete cascade,
    type text not null default 'main',
    street text,
    house text,
    postal_code text,
    city text,
    region text collate "C",
    country text collate "C"
);
create index partner_address_partner on cee.partner_address (partner, id);

create table cee.partner_contact (
    id uuid primary key,
    partner text collate "C" not null references cee.partner on update cascade on delete cascade,
    type text not null,
    value text not null,
    preferred bool not null default false
);
create index partner_contact_partner on cee.partner_contact (partner, id);

create table cee.contact_person (
    id uuid primary key,
    partner text collate "C" not null references cee.partner on update cascade on delete cascade,
    number text collate "C",
    last_name text,
    first_name text,
    occupation text collate "C"
);
create index contact_person_partner on cee.contact_person (partner, id);

create table cee.contact_person_contact (
    id uuid primary key,
    contact_person uuid not null references cee.contact_person on update cascade on delete cascade,
    type text not null,
    value text not null,
    preferred bool not null default false
);
create index contact_person_contact_person on cee.contact_person_contact (contact_person, id);

create table cee.partner_relationship (
    partner text collate "C" not null references cee.partner on update cascade on delete cascade,
    type text collate "C" not null,
    other text collate "C" not null,
    primary key (partner, type, other)
);

create table cee.partner_attribute (
    partner text collate "C" not null references cee.partner on update cascade on delete cascade,
    name text collate "C" not null,
    type text not null default 'text',
    value text not null,
    primary key (partner, name)
);

-- Sales channel partners. `deleted_on`: a rep deleted the partner on a device and the channel records that.
create table cee.channel_partner (
    channel text collate "C" not null,
    partner text collate "C" not null references cee.partner on update cascade on delete cascade,
    assigned bool not null default true,
    deleted_on date,
    primary key (channel, partner)
);
create index channel_partner_partner on cee.channel_partner (partner);

-- The reps who look after a partner in a channel; none = all reps of the channel.
create table cee.partner_rep (
    channel text collate "C" not null,
    partner text collate "C" not null references cee.partner on update cascade on delete cascade,
    rep text collate "C" not null,
    primary key (channel, partner, rep)
);
create index partner_rep_partner on cee.partner_rep (partner);

-- The partner of the same number holds home address (type main) and contacts.
-- former_employers is kept by a trigger: "employer changed" and "never ours" are different things (domain.md 7.3 and 8).
create table cee.rep (
    number text collate "C" primary key references cee.partner on update cascade on delete cascade,
    first_name text,
    last_name text,
    matchcode text,
    sales_rep bool not null default true,
    active bool not null default true,
    employer text collate "C",
    former_employers text[] not null default '{}',
    responsible_organisation text collate "C",
    responsible_employee text collate "C",
    cee_user text collate "C",
    valid_from date,
    valid_to date,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as (cee.escape(number)) stored
);
create unique index rep_key on cee.rep (key);

create table cee.rep_organisation (
    rep text collate "C" not null references cee.rep on update cascade on delete cascade,
    organisation text collate "C" not null,
    primary key (rep, organisation)
);

-- A rep belongs to the channels for which he has a profile.
create table cee.rep_profile (
    channel text collate "C" not null,
    rep text collate "C" not null references cee.rep on update cascade on delete cascade,
    max_discount numeric(8,2) not null default 0,
    hq_documents text not null default 'none',
    symbol_zs text collate "C" not null default 'ZS',
    symbol_os text collate "C" not null default 'OS',
    series text collate "C" not null,
    primary key (channel, rep)
);
create index rep_profile_rep on cee.rep_profile (rep);

create table cee.rep_warehouse (
    channel text collate "C" not null,
    rep text collate "C" not null,
    warehouse text collate "C" not null,
    position int not null default 0,
    primary key (channel, rep, warehouse),
    foreign key (channel, rep) references cee.rep_profile on update cascade on delete cascade
);

create table cee.rep_price_list (
    channel text collate "C" not null,
    rep text collate "C" not null,
    list text collate "C" not null,
    priority int not null default 1,
    primary key (channel, rep, list),
    foreign key (channel, rep) references cee.rep_profile on update cascade on delete cascade
);

create table cee.rep_payment_form (
    channel text collate "C" not null,
    rep text collate "C" not null,
    payment_form text collate "C" not null,
    is_default bool not null default false,
    primary key (channel, rep, payment_form),
    foreign key (channel, rep) references cee.rep_profile on update cascade on delete cascade
);
