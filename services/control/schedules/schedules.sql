-- name: list
-- Schedules by name, with the state of the last run of each.
select s.*, r.state as last_state from ceebus.schedule s left join ceebus.run r on r.id = s.last_run
where s.name > $1 and ($2::text is null or s.channel = $2) order by s.name limit $3

-- name: one
-- One schedule.
select s.*, r.state as last_state from ceebus.schedule s left join ceebus.run r on r.id = s.last_run where s.name = $1

-- name: lock
-- One schedule, to change it.
select *, null::text as last_state from ceebus.schedule where name = $1 for update

-- name: lock_queue
-- The queue that a schedule is to name; it stays while the transaction lasts.
select name from ceebus.queue where name = $1 for key share

-- name: add
-- A new schedule; no row when the name is taken.
insert into ceebus.schedule(name, channel, direction, kinds, since, queue, priority, cron, every_min, once_at, window_from, window_to,
    time_zone, missed, enabled, next_at, created_by)
values($1, $2, $3, $4::text[], $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
on conflict (name) do nothing returning name

-- name: change
-- A schedule as it is to be from now on.
update ceebus.schedule set channel = $2, direction = $3, kinds = $4::text[], since = $5, queue = $6, priority = $7, cron = $8, every_min = $9,
    once_at = $10, window_from = $11, window_to = $12, time_zone = $13, missed = $14, enabled = $15, next_at = $16
where name = $1

-- name: remove
-- Gone; its runs go on and keep its name.
delete from ceebus.schedule where name = $1 returning name

-- name: woken
-- The schedulers look again.
select pg_notify('ceebus_schedule', '')

-- name: first
-- When the next one is due.
select min(next_at) from ceebus.schedule where enabled

-- name: due
-- The schedule that has been due for longest, unless another control process has it in hand.
select *, null::text as last_state from ceebus.schedule
where enabled and next_at <= $1 order by next_at, name limit 1 for update skip locked

-- name: served
-- What came of it, and when it is due again.
update ceebus.schedule set next_at = $2, last_at = $3, last_outcome = $4, last_detail = $5, last_run = coalesce($6::uuid, last_run)
where name = $1

-- name: put_off
-- Due again later, nothing having come of it.
update ceebus.schedule set next_at = $2 where name = $1
