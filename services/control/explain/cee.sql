-- name: row
-- One object as the kind's view has it; any() is the access path that every CEE offers by index.
select version, member, body from cee.kind_view where channel = $1 and key = any(array[$2::text])

-- name: rows
-- Several objects of a kind, of which only membership is asked.
select key, member, body from cee.kind_view where channel = $1 and key = any($2::text[])

-- name: published
-- The newest state that was published of an object.
select objectversion, removed, at, (extract(epoch from at) * 1000)::bigint as at_ms
from ceebus.published where channel = $1 and kind = $2 and key = $3

-- name: snapshot
-- A kind's reading from the beginning that has not come to this key yet.
select state, done, total, reason from ceebus.snapshot
where channel = $1 and kind = $2 and state in ('waiting', 'rows') and (last_key is null or last_key < $3) limit 1

-- name: outbox
-- What of the outbox the source has not passed, at most $4 rows of it: all, the object's own, and whether an open transaction holds them.
with now as materialized (select pg_snapshot_xmin(pg_current_snapshot()) as horizon),
behind as materialized (
    select o.kind, o.key, o.at, o.scope, o.txid >= now.horizon as held
    from now cross join ceebus.source_cursor c
    join ceebus.outbox o on (o.txid, o.seq) > (c.txid, c.seq) and (o.channel is null or o.channel = $1)
    where c.channel = $1 order by o.txid, o.seq limit $4)
select (select count(*) from ceebus.source_cursor where channel = $1) = 1 as begun,
       (select expand is not null from ceebus.source_cursor where channel = $1) is true as expanding,
       count(*) as rows, coalesce(bool_or(held), false) as held, coalesce(bool_or(scope is not null), false) as scoped,
       extract(epoch from now() - min(at))::float8 as age_s,
       count(*) filter (where kind = $2 and key = $3) as own, coalesce(bool_or(held) filter (where kind = $2 and key = $3), false) as own_held,
       extract(epoch from now() - min(at) filter (where kind = $2 and key = $3))::float8 as own_age_s
from behind

-- name: oldest_transaction
-- The oldest transaction of the server that has written something and is open: later changes wait for its end.
select pid, application, database, open_s from (
    select pid::text as pid, application_name as application, datname as database, extract(epoch from now() - xact_start)::float8 as open_s
    from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()
    union all
    select gid, 'prepared', database, extract(epoch from now() - prepared)::float8 from pg_prepared_xacts) t
order by open_s desc nulls last limit 1

-- name: source_works
-- Whether a source process works for the channel: it holds the channel's lock.
select exists (select from pg_locks where locktype = 'advisory' and granted
               and database = (select oid from pg_database where datname = current_database())
               and classid::bigint = hashtext('ceebus.source')::bigint & 4294967295
               and objid::bigint = hashtext($1)::bigint & 4294967295) as works

-- name: imported
-- What an uploaded object has become.
select key, number, revision, at from ceebus.imported where channel = $1 and kind = $2 and source_id = $3

-- name: waiting
-- Uploads of an object that the writer keeps to judge again, the newest revision first.
select revision, upload_id, sender, outcome, code, params, attempts, confirmed, parent_kind, parent_key, at
from ceebus.waiting where channel = $1 and kind = $2 and source_id = $3 order by revision desc, seq desc limit 1

-- name: inbox
-- The newest upload of an object that had its effect or its final refusal.
select revision, sender, outcome, code, params, at from ceebus.inbox
where channel = $1 and kind = $2 and source_id = $3 order by revision desc, at desc limit 1

-- name: answer
-- The writer's newest answer about an object, and whether it is on its topic.
select a.revision, a.sender, a.outcome, a.code, a.params, a.final, a.attempt, a.received_at, a.at, a.sent_at, a.body->>'number' as number
from ceebus.answer a where a.channel = $1 and a.kind = $2 and a.source_id = $3 order by a.revision desc, a.id desc limit 1

-- name: source_of_number
-- The uploaded object that CEE calls by this number or key, or that its device called so.
select source_id from (
    select source_id, at from ceebus.imported where channel = $1 and kind = $2 and (number = $3 or key = $3)
    union all
    select source_id, at from ceebus.answer
    where channel = $1 and kind = $2 and (body->>'mobile_number' = $3 or params->>'mobile_number' = $3)
    union all
    select source_id, at from ceebus.waiting
    where channel = $1 and kind = $2 and position(convert_to('"' || $3 || '"', 'UTF8') in value) > 0) t
order by at desc limit 1

-- name: writer_offsets
-- Where the writer goes on in a topic.
select topic_partition, next_offset from ceebus.lane_offset where lane = 'writer' and topic = $1
