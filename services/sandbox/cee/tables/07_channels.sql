-- Sales channels with all settings of domain.md 2.

create table cee.channel (
    id text collate "C" primary key,
    description text not null,
    sales_organisation text collate "C" not null,
    adapter text not null default 'IBUS',
    customer_type text not null default 'B2B',
    price_origin text not null default 'sales-order-type',
    market text not null default 'national',
    currency text collate "C" not null,
    active bool not null default false,
    time_zone text not null default 'Europe/Warsaw',
    assortment_listing text collate "C" not null,
    price_listing text collate "C" not null,
    category_root text collate "C" not null,
    -- the tree that was chosen when the channel was active first; kept by a trigger (category_root_changed)
    category_root_fixed text collate "C",
    order_type_zs text collate "C" not null,
    order_type_os text collate "C" not null,
    default_payment_form text collate "C" not null,
    default_payment_term text collate "C" not null,
    template_with_tax_id text collate "C" not null,
    template_without_tax_id text collate "C" not null,
    customer_approval bool not null default false,
    duplicate_check text not null default 'warn',
    confirm_warnings bool not null default true,
    deactivate_deleted bool not null default false,
    max_user_discount numeric(5,2) not null default 0,
    inventory_owner text collate "C" not null,
    delivery_warehouse text collate "C" not null,
    stock_managed bool not null default true,
    allow_negative bool not null default false,
    document_history_days int not null default 90,
    file_type_image text collate "C" not null,
    file_type_recording text collate "C" not null,
    file_type_other text collate "C" not null,
    max_attempts int not null default 5,
    version bigint not null default nextval('cee.version'),
    changed_at timestamptz not null default now(),
    check (id ~ '^[A-Za-z0-9_.-]{1,3}$')
);

-- Only stock in these warehouses is exported.
create table cee.channel_warehouse (
    channel text collate "C" not null references cee.channel on update cascade on delete cascade,
    warehouse text collate "C" not null,
    position int not null default 0,
    primary key (channel, warehouse)
);
