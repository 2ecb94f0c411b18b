-- A device's chain of refresh tokens, what an acknowledgement counts for, and contents by their hash. Used by the gateway.

alter table ceebus.device add column session uuid;             -- the chain in force; null = none, the device has to enrol again
alter table ceebus.device add column refreshed_at timestamptz; -- when the chain moved last: bounds the grace of the token before

alter table ceebus.device_ack add column db_epoch uuid;
alter table ceebus.device_ack add column feed_epoch uuid;

create unique index device_enrol on ceebus.device(enrol_hash) where enrol_hash is not null;

-- "escape" never fails, whatever the bytes; inside a JSON string the quotes of this pattern would carry backslashes
create index feed_sha256 on ceebus.feed(channel, substring(encode(body, 'escape') from '"sha256":"([0-9a-f]{64})"'))
    where kind = 'attachments' and not removed;
