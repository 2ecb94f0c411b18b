-- name: session
-- Longer than the producer waits for the broker: a process that stopped in between leaves its rows to the next one.
set idle_in_transaction_session_timeout = '60s'

-- name: unsent
-- Answers that are still to be sent, in the order in which they were given; those that another process is sending are passed over.
select * from ceebus.answer where sent_at is null order by id limit $1 for update skip locked

-- name: sent
-- The broker has them.
update ceebus.answer set sent_at = now() where id = any($1::bigint[])
