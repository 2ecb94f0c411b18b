-- name: old_answers
-- Answers that nobody will ask for again.
with old as (select a.id from ceebus.answer a
             where a.at < now() - $1::interval and a.sent_at is not null
               and not exists (select from ceebus.waiting w where w.upload_id = a.upload_id and w.sender = a.sender)
             order by a.at limit $2),
     gone as (delete from ceebus.answer a using old where a.id = old.id returning 1)
select count(*) from gone

-- name: old_inbox
-- Uploads whose repeats nobody will send any more.
with old as (select id, sender from ceebus.inbox where at < now() - $1::interval order by at limit $2),
     gone as (delete from ceebus.inbox i using old where i.id = old.id and i.sender = old.sender returning 1)
select count(*) from gone

-- name: old_wishes
-- Operators' wishes that can't come back.
with old as (select id, created_at from ceebus.wanted_done where at < now() - $1::interval limit $2),
     gone as (delete from ceebus.wanted_done w using old where w.id = old.id and w.created_at = old.created_at returning 1)
select count(*) from gone

-- name: figures
-- Uploads that wait and those held for an operator, for the metrics.
select channel, kind, count(*) filter (where outcome = 'waiting') as waiting, count(*) filter (where outcome <> 'waiting') as parked
from ceebus.waiting group by channel, kind
