-- name: list
-- Queues by name.
select name, slots, paused, created_at from ceebus.queue where name > $1 and ($2::text is null or name = $2) order by name limit $3

-- name: transfers
-- The channels' directions that an operator has put into the queues.
select queue, channel, direction, mode, weight, held from ceebus.transfer where queue = any($1::text[]) order by channel, direction

-- name: placed
-- Every direction that has a queue of its own choice.
select channel, direction from ceebus.transfer

-- name: runs
-- Runs at work, and those that wait in the order in which they are started; at most so many of each queue and state, with their count.
select * from (
    select queue, id, channel, direction, kinds, state, priority, code, created_at, starts_at, started_at,
           row_number() over (partition by queue, state order by priority, starts_at, created_at, id) as place,
           count(*) over (partition by queue, state) as count
    from ceebus.run where queue = any($1::text[]) and state in ('waiting', 'running')
) r where place <= $2 order by queue, state, place

-- name: add
-- A new queue; no row when the name is taken.
insert into ceebus.queue(name, slots) values($1, $2) on conflict (name) do nothing returning name

-- name: lock
-- One queue, to change or remove it.
select name, slots, paused, created_at from ceebus.queue where name = $1 for update

-- name: change
-- Its slots, and whether it starts runs.
update ceebus.queue set slots = $2, paused = $3 where name = $1

-- name: woken
-- The run manager looks again.
select pg_notify('ceebus_run', '')

-- name: users
-- What names the queue and so keeps it.
select (select count(*) from ceebus.transfer where queue = $1) as transfers,
       (select count(*) from ceebus.schedule where queue = $1) as schedules,
       (select count(*) from ceebus.run where queue = $1 and state in ('scheduled', 'waiting', 'running')) as open_runs,
       (select count(*) from ceebus.run where queue = $1 and state not in ('scheduled', 'waiting', 'running')) as past_runs

-- name: remove
-- Gone.
delete from ceebus.queue where name = $1
