-- The channels with all settings of domain.md 2.

create view cee.mobile_channels as
select c.id as channel,
       c.version,
       to_jsonb(c) - array['version', 'changed_at', 'category_root_fixed', 'file_type_image', 'file_type_recording', 'file_type_other', 'max_user_discount']
       || jsonb_build_object(
           'max_user_discount', c.max_user_discount::text,
           'availability_warehouses', coalesce(w.list, '[]'),
           'file_types', jsonb_build_object('image', c.file_type_image, 'recording', c.file_type_recording, 'other', c.file_type_other)) as body,
       c.active
from cee.channel c
left join lateral (
    select jsonb_agg(x.warehouse order by x.position, x.warehouse) as list from cee.channel_warehouse x where x.channel = c.id) w on true;
