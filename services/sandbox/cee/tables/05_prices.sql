-- Price lists, their prices, and the listings that bring them to channels.

create table cee.price_list (
    code text collate "C" primary key,
    name jsonb not null,
    currency text collate "C" not null,
    level text not null default 'item',
    customer text collate "C",
    customer_class text collate "C",
    priority int not null default 6,
    is_default bool not null default false,
    price_mode text not null default 'net',
    valid_from date,
    valid_to date,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as (cee.escape(code)) stored
);
create unique index price_list_key on cee.price_list (key);
create index price_list_customer on cee.price_list (customer) where customer is not null;

-- A price listing is a set of lists; a channel names one listing (cee.channel.price_listing).
create table cee.price_listing_item (
    listing text collate "C" not null,
    list text collate "C" not null,
    valid_from date,
    valid_to date,
    primary key (listing, list)
);
create index price_listing_item_list on cee.price_listing_item (list);

-- Several rows may stand on one key: that is the clash `duplicate_price`.
create table cee.price (
    row_id text collate "C" primary key,
    list text collate "C" not null,
    article text collate "C" not null,
    unit text collate "C" not null,
    scale numeric(18,3) not null default 0,
    valid_from date not null,
    valid_to date,
    price numeric(19,4) not null,
    price_unit numeric(18,3) not null default 1,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    key text collate "C" not null generated always as
        (cee.escape(list) || '/' || cee.escape(article) || '/' || cee.escape(unit)
         || '/' || trim_scale(scale)::text || '/' || cee.iso(valid_from)) stored
);
create index price_key on cee.price (key);
create index price_series on cee.price (article, list, unit, scale);

-- The highest version among a list's rows, deleted ones included. Only inserted into, so that two users
-- who change prices of one list do not wait for each other; cee.loaded() fills it after a bulk load.
create table cee.price_list_change (
    list text collate "C" not null,
    version bigint not null,
    primary key (list, version)
);
