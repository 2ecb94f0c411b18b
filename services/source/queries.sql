-- name: try_lock
-- The right to publish a channel, held by the connection that reads for it.
select pg_try_advisory_lock(hashtext('ceebus.source'), hashtext($1))

-- name: lock_held
-- Whether that connection still has the right; asked on another one.
select exists(select from pg_locks where locktype = 'advisory' and granted and pid = $2 and classid::bigint = hashtext('ceebus.source')::bigint & 4294967295
              and objid::bigint = hashtext($1)::bigint & 4294967295)

-- name: draw
-- The read number of the next read, with CEE's incarnation and the channel's settings known by now.
select (select number from ceebus.incarnation)::bigint as incarnation, nextval('ceebus.read_number') as number,
       (select objectversion from ceebus.published where channel = $1 and kind = 'channels' and key = $1) as channel_version

-- name: mobile_channels
-- All channels CEE knows, and those published once that it doesn't know any more.
select channel from cee.mobile_channels
union select key from ceebus.published where kind = 'channels' and not removed

-- name: channel_settings
-- One channel's settings as CEE states them, and the step of its cursor.
select m.version, m.active, m.body, c.step from cee.mobile_channels m left join ceebus.source_cursor c using (channel) where m.channel = $1

-- name: keep_channel
-- Remembers a channel's record before it is sent.
insert into ceebus.published(channel, kind, key, objectversion, removed) values($1, 'channels', $1, $2, false)
on conflict (channel, kind, key) do update set objectversion = excluded.objectversion, removed = excluded.removed, at = now()

-- name: settle_channel
-- The removal of a channel's record is acknowledged.
update ceebus.published set removed = true where channel = $1 and kind = 'channels' and key = $1

-- name: cursor
-- How far a channel has come, and what of the outbox is gone.
select c.txid, c.seq, c.step, c.tick, c.expand, (c.txid, c.seq) < (f.txid, f.seq) as gap, f.txid as floor_txid, f.seq as floor_seq
from ceebus.source_cursor c, ceebus.outbox_floor f where c.channel = $1

-- name: begin_cursor
-- A channel's first cursor: everything older is in the snapshot that follows.
insert into ceebus.source_cursor(channel, txid, seq, tick) values($1, pg_snapshot_xmin(pg_current_snapshot()), 0, cee.today($2))

-- name: drop_cursor
-- A cursor that names what is gone.
delete from ceebus.source_cursor where channel = $1

-- name: move_cursor
-- Moves only where the cursor still stands as its owner left it. Nobody waits for the disk: a server that crashes forgets the newest
-- moves, in their order, and what lies behind the last one left is sent once more.
update ceebus.source_cursor set txid = $3, seq = $4, expand = $5, step = step + 1, updated_at = now()
from (select set_config('synchronous_commit', 'off', true)) as lazily where channel = $1 and step = $2

-- name: move_tick
-- The day up to which the calendar was followed.
update ceebus.source_cursor set tick = $3, step = step + 1, updated_at = now() where channel = $1 and step = $2

-- name: today
-- The channel's day.
select cee.today($1)

-- name: tick
-- Writes outbox rows for what a date lets in or out.
select cee.tick($1, $2, $3)

-- name: gap
-- The outbox can't say what changed; visible for the operator.
insert into ceebus.source_gap(channel, reason, txid, seq) values($1, $2, $3, $4)

-- name: outbox_rows
-- Committed rows behind a cursor that no open transaction can still precede, in commit-safe order; one row without seq if none.
with now as materialized (select pg_snapshot_xmin(pg_current_snapshot()) as horizon)
select o.txid, o.seq, o.kind, o.key, o.scope, o.at, now.horizon, exists(select from ceebus.outbox where txid >= now.horizon) as held,
       (select (f.txid, f.seq) > ($2::xid8, $3::bigint) from ceebus.outbox_floor f) as gap
from now left join lateral (
    select * from ceebus.outbox
    where (txid, seq) > ($2::xid8, $3::bigint) and txid < now.horizon and (channel is null or channel = $1)
    order by txid, seq limit $4) o on true
order by o.txid, o.seq

-- name: dependents
-- What changes of a scope make due, keyset by (kind, key).
select r.i::int as i, d.kind, d.key
from unnest($2::text[], $3::text[], $4::text[]) with ordinality as r(kind, key, scope, i)
cross join lateral cee.dependents($1, r.kind, r.key, r.scope, $5, $6, $7) as d
order by r.i, d.kind collate "C", d.key collate "C" limit $7

-- name: rows_of_keys
-- The current state of chosen objects; the body as PostgreSQL writes it. OFFSET 0: the view's body is computed once, not once a mention.
select v.key, v.version, v.member, not v.member and coalesce(v.body ->> 'stub' = 'true', false) as stub, convert_to(v.body::text, 'UTF8') as body
from (select key, version, member, body from cee.kind_view where channel = $1 and key = any($2::text[]) offset 0) v

-- name: published_of_keys
-- Which of the keys stand in the log with a value.
select k.kind, k.key from unnest($2::text[], $3::text[]) as k(kind, key)
cross join lateral (select from ceebus.published p where p.channel = $1 and p.kind = k.kind and p.key = k.key and not p.removed offset 0) p

-- name: vanished_prices
-- Published prices of the same list and article that CEE no longer has: they go before the new ones come.
-- The view is asked for exactly those keys: an anti-join with it would read every price of CEE for each batch.
with found as materialized (
    select p.key
    from unnest($2::text[]) as s(prefix)
    cross join lateral (
        select key from ceebus.published
        where channel = $1 and kind = 'price-lists' and key > s.prefix || '/' and key < s.prefix || '0' and not removed
        offset 0  -- a range of the key for each prefix, whatever the planner believes of the table: the other way round is a product of both
    ) p
), present as materialized (
    select v.key from cee.price_lists v where v.channel = $1 and v.key = any (array(select f.key from found f))
)
select f.key from found f where not exists (select from present p where p.key = f.key)

-- name: keep_published
-- Remembers what is about to be sent, before it is sent: as there, removals too, for these may still have to be sent again.
-- $5: nobody waits for the disk; only for keys of which it is known already that they stand in the log. Of a new one that the server
-- forgot, nobody would send the removal.
insert into ceebus.published(channel, kind, key, objectversion, removed)
select $1, k.kind, k.key, $2, false from unnest($3::text[], $4::text[]) as k(kind, key)
cross join (select case when $5 then set_config('synchronous_commit', 'off', true) end) as lazily
on conflict (channel, kind, key) do update set objectversion = excluded.objectversion, removed = excluded.removed, at = now()

-- name: chunk
-- The next rows of a kind in key order, remembered as published in the same statement; body null where nothing is sent.
with rows as materialized (
    select v.key, v.version, v.member, v.body from cee.kind_view v where v.channel = $1 and v.key > $3 order by v.key limit $4
), marked as (
    select r.*, not r.member and coalesce(r.body ->> 'stub' = 'true', false) as stub from rows r offset 0
), chosen as materialized (
    select r.*, r.member or r.stub or exists (
        select from ceebus.published p where p.channel = $1 and p.kind = $2 and p.key = r.key and not p.removed) as sent
    from marked r
), kept as (
    insert into ceebus.published(channel, kind, key, objectversion, removed)
    select $1, $2, key, $5, false from chosen where sent
    on conflict (channel, kind, key) do update set objectversion = excluded.objectversion, removed = excluded.removed, at = now()
)
select key, version, member, stub, case when sent then convert_to(body::text, 'UTF8') end as body from chosen order by key

-- name: settle_removed
-- Removals that the broker has acknowledged; not of keys that were read again meanwhile. Forgotten, they would only be sent again.
-- `any`: a join with the keys made the planner read everything ever published.
update ceebus.published p set removed = true
from (select set_config('synchronous_commit', 'off', true)) as lazily
where p.channel = $1 and p.kind = $2 and p.key = any($3::text[])
  and (p.key, p.objectversion) in (select r.key, r.objectversion from unnest($3::text[], $4::bigint[]) as r(key, objectversion))

-- name: published_after
-- The next published keys of a kind: all of them, for a removal that was remembered and not sent carries a new version too.
select key from ceebus.published where channel = $1 and kind = $2 and key > $3 and not removed order by key limit $4

-- name: present_keys
-- Which of the keys CEE's view has, member or not.
select v.key from cee.kind_view v where v.channel = $1 and v.key = any($2::text[])

-- name: known_blobs
-- What became of contents that were fetched before.
select content_id, sha256, size, mime, problem from ceebus.blob where content_id = any($1::text[])

-- name: content
-- A content of permitted size; of a larger one only its size.
select octet_length(c.content)::bigint as size, case when octet_length(c.content) <= $2 then c.content end as content
from (select cee.attachment_content($1) as content offset 0) as c

-- name: keep_blob
-- Remembers what became of a content.
insert into ceebus.blob(content_id, sha256, size, mime, problem) values($1, $2, $3, $4, $5)
on conflict (content_id) do update set sha256 = excluded.sha256, size = excluded.size, mime = excluded.mime, problem = excluded.problem, at = now()

-- name: open_snapshots
-- Asks for the whole state of kinds; one that is open starts again.
insert into ceebus.snapshot(channel, kind, reason, run, force) select $1, kind, $3, $4::uuid, $5 from unnest($2::text[]) as k(kind)
on conflict (channel, kind) where state in ('waiting', 'rows', 'removals')
do update set state = 'waiting', last_key = null, done = 0, total = null, reason = excluded.reason, started_at = null,
              run = coalesce(excluded.run, snapshot.run), force = excluded.force or snapshot.force

-- name: cancel_run
-- A run's open snapshots end here; what they have not read is not removed.
update ceebus.snapshot set stopped_in = state, state = 'cancelled', finished_at = now()
where run = $1 and state in ('waiting', 'rows', 'removals')

-- name: resume_run
-- A cancelled snapshot of the run goes on at its chunk, unless another one of the kind is open: that one is the run's then.
with mine as (select distinct on (kind) * from ceebus.snapshot where run = $1 and channel = $2 and kind = any($3::text[]) order by kind, id desc),
     other as (update ceebus.snapshot o set run = $1 from mine m where o.channel = m.channel and o.kind = m.kind and o.id <> m.id
                 and m.state = 'cancelled' and o.state in ('waiting', 'rows', 'removals') returning o.kind)
update ceebus.snapshot s set state = coalesce(s.stopped_in, 'waiting'), finished_at = null from mine m
where s.id = m.id and m.state = 'cancelled' and not exists (
    select from ceebus.snapshot o where o.channel = m.channel and o.kind = m.kind and o.id <> m.id and o.state in ('waiting', 'rows', 'removals'))

-- name: next_snapshot
-- The open snapshot whose kind comes first in export order.
select s.id, s.kind, s.state, s.last_key, s.done, s.run, s.force, s.fresh,
       exists(select from ceebus.snapshot d where d.channel = s.channel and d.kind = s.kind and d.id < s.id) as again
from ceebus.snapshot s where channel = $1 and state in ('waiting', 'rows', 'removals') order by array_position($2::text[], kind), id limit 1

-- name: begin_snapshot
-- Its reading begins.
update ceebus.snapshot s set started_at = coalesce(started_at, now()),
       fresh = not exists (select from ceebus.published p where p.channel = s.channel and p.kind = s.kind)
where id = $1 returning fresh

-- name: count_snapshot
-- What a progress bar ends at.
update ceebus.snapshot set total = $2 where id = $1 and state in ('rows', 'removals')

-- name: count_view
-- How many objects of a kind a channel has.
select count(*) from cee.kind_view v where v.channel = $1

-- name: move_snapshot
-- Moves only where the snapshot still stands as its owner left it. Nobody waits for the disk: a chunk that is forgotten is read again.
update ceebus.snapshot set state = $4, last_key = $5, done = $6, finished_at = case when $4 = 'done' then now() end,
       total = case when $4 = 'done' then $6 else total end
from (select set_config('synchronous_commit', 'off', true)) as lazily
where id = $1 and state = $2 and last_key is not distinct from $3

-- name: time_zone
-- Whose calendar the channel follows.
select coalesce(body ->> 'time_zone', 'Europe/Warsaw') from cee.mobile_channels where channel = $1

-- name: ingested_kinds
-- Kinds of a channel that have no view. (our database)
select kind from ceebus.channel_source where channel = $1 and source = 'ingest'

-- name: take_wanted
-- Wanted rows that are due, but for the writer's; should this process die they are due again later. (our database)
update ceebus.wanted set attempts = attempts + 1, next_at = now() + least(300, 5 * 2 ^ least(attempts, 10)) * interval '1 second'
where id in (select id from ceebus.wanted
             where channel = $1 and kind not like 'import/%' and taken_at is null and next_at <= now() order by id limit $2)
returning id, kind, key, action, reason, run, force

-- name: drop_wanted
-- Wanted rows that are done. (our database)
delete from ceebus.wanted where id = any($1::bigint[])

-- name: incarnation_lock
-- One process at a time compares and restores.
select pg_advisory_lock(hashtext('ceebus.source.incarnation'))

-- name: incarnation_unlock
-- When our database has it, too.
select pg_advisory_unlock(hashtext('ceebus.source.incarnation'))

-- name: incarnation
-- How old CEE's database believes to be.
select i.number, s.last_value as read_number from ceebus.incarnation i, ceebus.read_number s

-- name: known_incarnation
-- What we remember of CEE's database. (our database)
select number, read_number from ceebus.cee_incarnation

-- name: remember_incarnation
-- The highest we have seen of CEE. (our database)
insert into ceebus.cee_incarnation(number, read_number) values($1, $2)
on conflict (one) do update set number = excluded.number, read_number = excluded.read_number, seen_at = now()

-- name: raise_incarnation
-- From now on every object version is higher than any before.
update ceebus.incarnation set number = $1

-- name: gap_everywhere
-- A restored CEE can't say what changed since.
insert into ceebus.source_gap(channel, reason, txid, seq) select channel, 'CEE was restored', txid, seq from ceebus.source_cursor

-- name: drop_cursors
-- Every channel begins anew, with a snapshot.
delete from ceebus.source_cursor

-- name: cancel_snapshots
-- Ends what was open before the restore; nothing is removed by it.
update ceebus.snapshot set state = 'cancelled', finished_at = now() where state in ('waiting', 'rows', 'removals')

-- name: rebuild_published
-- Takes over from the log what it holds; the newest record of a key comes last.
insert into ceebus.published(channel, kind, key, objectversion, removed)
select $1, $2, k.key, k.version, k.removed from unnest($3::text[], $4::bigint[], $5::bool[]) as k(key, version, removed)
on conflict (channel, kind, key) do update set objectversion = excluded.objectversion, removed = excluded.removed, at = now()

-- name: housekeeping_lock
-- One process at a time.
select pg_try_advisory_xact_lock(hashtext('ceebus.source.housekeeping'))

-- name: clear_passed
-- Outbox rows that every active channel has passed.
with lowest as materialized (
    select c.txid, c.seq from ceebus.source_cursor c join cee.mobile_channels m using (channel) where m.active order by c.txid, c.seq limit 1
), deleted as (
    delete from ceebus.outbox o where o.seq in (
        select p.seq from ceebus.outbox p, lowest l where (p.txid, p.seq) <= (l.txid, l.seq) order by p.txid, p.seq limit $1)
    returning o.txid, o.seq
), raised as (
    update ceebus.outbox_floor f set txid = d.txid, seq = d.seq
    from (select txid, seq from deleted order by txid desc, seq desc limit 1) d where (f.txid, f.seq) < (d.txid, d.seq)
)
select count(*) from deleted

-- name: clear_old
-- Outbox rows older than 7 days, whoever has not passed them.
with deleted as (
    delete from ceebus.outbox o where o.seq in (select p.seq from ceebus.outbox p where p.at < now() - interval '7 days' order by p.at limit $1)
    returning o.txid, o.seq
), raised as (
    update ceebus.outbox_floor f set txid = d.txid, seq = d.seq
    from (select txid, seq from deleted order by txid desc, seq desc limit 1) d where (f.txid, f.seq) < (d.txid, d.seq)
)
select count(*) from deleted

-- name: forget_removed
-- Removed keys are remembered for 90 days.
delete from ceebus.published where removed and at < now() - interval '90 days' and kind <> 'channels'

-- name: horizon_age
-- How long the oldest open transaction that has written something has held the outbox back, in seconds.
select coalesce(extract(epoch from max(now() - xact_start)), 0)::float8 from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()

-- name: keep_rejected
-- A line that was not taken, as it came. (our database)
insert into ceebus.ingest_rejected(channel, kind, line, code, params, raw) values($1, $2, $3, $4, $5, $6)

-- name: lazily
-- What this connection says nobody waits for the disk for.
set synchronous_commit = off

-- name: claim_clock
-- The lock that says: a source looks by the clock, nobody need be told. With ceebus.wake().
select pg_try_advisory_lock(hashtext('ceebus.by_the_clock'))

-- name: release_clock
-- From now on whoever writes to the outbox notifies.
select pg_advisory_unlock(hashtext('ceebus.by_the_clock'))

-- name: clock_claimed
-- Whether any source holds it.
select case when pg_try_advisory_lock_shared(hashtext('ceebus.by_the_clock'))
            then not pg_advisory_unlock_shared(hashtext('ceebus.by_the_clock')) else true end

-- name: newest_transaction
-- All that have asked for that lock so far are older.
select pg_snapshot_xmax(pg_current_snapshot())

-- name: have_ended
-- Whether all of them have.
select pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8

-- name: say
-- To whoever else listens.
select pg_notify('ceebus_outbox', $1)
