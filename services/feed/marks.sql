-- name: want_snapshot
-- Asks the source to read a kind again from CEE, once.
insert into ceebus.wanted(channel, kind, action, reason)
select $1, $2, 'snapshot', $3
where not exists (select from ceebus.wanted where taken_at is null and channel = $1 and kind = $2 and action = 'snapshot')
