-- Sales documents (ZS orders, OS quotes) and attachments.

-- channel: the sales channel the document was entered for; null = none, such a document reaches no device.
create table cee.document (
    type text collate "C" not null,
    hq_number text collate "C" not null,
    channel text collate "C",
    mobile_number text collate "C",
    origin_source_id uuid,
    partner text collate "C" not null,
    payer text collate "C",
    delivery_address uuid,
    invoice_address uuid,
    origin text not null default 'cee',
    rep text collate "C",
    issue_date date not null,
    delivery_date date,
    expiry_date date,
    currency text collate "C" not null,
    price_mode text not null default 'net',
    payment_form text collate "C" not null,
    payment_term text collate "C",
    shipping_method text,
    warehouse text collate "C",
    net_total numeric(18,3) not null default 0,
    vat_total numeric(18,3) not null default 0,
    gross_total numeric(18,3) not null default 0,
    weight numeric(18,3),
    description text,
    order_type text collate "C",
    user_discount numeric(8,2),
    status_general text not null default 'in_process',
    status_delivery text,
    status_invoice text,
    status_order text,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as (cee.escape(type) || '/' || cee.escape(hq_number)) stored,
    primary key (type, hq_number)
);
create unique index document_key on cee.document (key);
create unique index document_channel on cee.document (channel, key);
create index document_partner on cee.document (partner, channel, issue_date);
create index document_rep on cee.document (channel, rep, issue_date) where rep is not null;
-- who made a partner's documents on a device: part of the partner's audience
create index document_maker on cee.document (channel, partner, rep) include (status_general, issue_date)
    where origin = 'mobile' and rep is not null;

create table cee.document_line (
    type text collate "C" not null,
    hq_number text collate "C" not null,
    position int not null,
    article text collate "C" not null,
    article_name text,
    quantity numeric(21,3) not null,
    unit text collate "C" not null,
    vat_rate text collate "C" not null,
    warehouse text collate "C",
    regular_price numeric(19,4) not null,
    discounted_price numeric(19,4) not null,
    price_unit numeric(18,3) not null default 1,
    discount numeric(8,2) not null default 0,
    value numeric(18,3) not null,
    weight numeric(18,3),
    description text,
    primary key (type, hq_number, position),
    foreign key (type, hq_number) references cee.document on update cascade on delete cascade
);
create index document_line_article on cee.document_line (article, type, hq_number);

-- owner_kind partner, article, document; owner_key is the owner's key on the bus.
-- digest tells one content from another (a note's is made of its text); files are not compressed again.
create table cee.attachment (
    id uuid primary key,
    owner_kind text collate "C" not null,
    owner_key text collate "C" not null,
    type text not null,
    name text not null,
    description text,
    text text,
    extension text,
    content bytea,
    is_default bool not null default false,
    origin_source_id uuid,
    created_at timestamptz not null default now(),
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as (id::text) stored,
    digest text collate "C" generated always as
        (case when content is null then md5(text) else encode(sha256(content), 'hex') end) stored
);
alter table cee.attachment alter column content set storage external;
create unique index attachment_key on cee.attachment (key);
create index attachment_owner on cee.attachment (owner_kind, owner_key);
create index attachment_digest on cee.attachment (digest);
