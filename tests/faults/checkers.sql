-- name: changes
-- The newest committed change of each object, with a read number that its publication must exceed. (CEE)
select kind, key, max(read_number) as read_number from fault.change
where (channel is null or channel = $1) and kind <> 'channels' group by kind, key

-- name: published
-- What the source says it has published. (CEE)
select kind, key, objectversion, removed from ceebus.published where channel = $1 and kind <> 'channels'

-- name: known
-- The newest version of each key of which our database knows what became of it.
select kind, key, max(objectversion) as objectversion from (
    select kind, key, objectversion from ceebus.feed where channel = $1
    union all select kind, key, objectversion from ceebus.waiting where channel = $1
    union all select kind, key, objectversion from ceebus.due where channel = $1
    union all select kind, key, objectversion from ceebus.ledger where channel = $1) of_all
group by kind, key

-- name: same_origin
-- Rows of the feed that stem from one record of the log.
select kind, topic_partition, topic_offset, count(*) from ceebus.feed where channel = $1
group by kind, topic_partition, topic_offset having count(*) > 1

-- name: repeated_moves
-- One version of an object with one content that got more than one position.
select kind, key, objectversion, hash, count(*) from fault.move where channel = $1
group by kind, key, objectversion, op, hash having count(*) > 1

-- name: moves
-- The feed's whole history, in the order of its positions.
select n, txid::text, kind, key, objectversion, op, hash, position, removed, body from fault.move where channel = $1 order by position, n

-- name: last
-- The channel's last position.
select last from ceebus.feed_position where channel = $1

-- name: shown
-- What devices may see of CEE's objects: hash and audience. Answers to uploads are no objects of CEE.
select kind, key, op, encode(hash, 'hex') as hash, audience, body from ceebus.feed where channel = $1 and not removed and kind <> 'results'

-- name: offsets
-- Where the lanes stand.
select lane, topic, topic_partition, next_offset from ceebus.lane_offset

-- name: ahead
-- Effects in the feed whose record the offset row has not passed.
select f.kind, f.key, f.topic_partition, f.topic_offset, o.next_offset
from ceebus.feed f left join ceebus.lane_offset o
  on o.lane = 'feed' and o.topic = case f.kind when 'results' then 'results.' || $2 else 'export.' || $2 || '.' || f.kind end and o.topic_partition = f.topic_partition
where f.channel = $1 and (o.next_offset is null or f.topic_offset >= o.next_offset)
