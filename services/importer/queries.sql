-- name: devices
-- What the devices of a batch are allowed: id, channel, whether revoked, registered epoch.
select id, channel, state = 'revoked' as revoked, db_epoch from ceebus.device where id = any($1::text[])

-- name: gap
-- Uploads that the log lost before they were read: an alarm for the operator, nobody can read them again.
insert into ceebus.import_gap(channel, kind, topic, topic_partition, from_offset, to_offset) values($1, $2, $3, $4, $5, $6)
on conflict (topic, topic_partition, from_offset) do nothing
