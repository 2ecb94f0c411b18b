-- name: channels
-- The channels of the reference CEE.
select channel, active, body ->> 'currency' as currency, body ->> 'description' as description from cee.mobile_channels order by channel

-- name: copy
-- A new channel with another one's settings, except those given as JSON; inactive, so that nothing is sent before it is complete.
insert into cee.channel
select made.* from cee.channel c
cross join jsonb_populate_record(null::cee.channel, to_jsonb(c) - 'category_root_fixed' || $3::jsonb || jsonb_build_object(
    'id', $1::text, 'active', false, 'version', nextval('cee.version'), 'changed_at', now())) made
where c.id = $2
returning id

-- name: copy_warehouses
-- Its availability warehouses.
insert into cee.channel_warehouse(channel, warehouse, position) select $1, warehouse, position from cee.channel_warehouse where channel = $2

-- name: settings
-- What a channel's settings are called.
select attname from pg_attribute
where attrelid = 'cee.channel'::regclass and attnum > 0 and not attisdropped
  and attname not in ('id', 'active', 'version', 'changed_at', 'category_root_fixed')
order by attnum

-- name: activate
-- Whether a channel transfers; the source begins its first snapshot when it sees that it does.
update cee.channel set active = $2 where id = $1 returning id
