-- name: channels
-- The channels that CEE has; run on CEE's database.
select channel from cee.mobile_channels order by channel
