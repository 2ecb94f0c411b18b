-- name: session
-- A process that was stopped in the middle of a transaction must not keep the channel's lock from its successor (F04).
set jit = off; set idle_in_transaction_session_timeout = '10s'

-- name: open_gate
-- A channel's first transaction makes its row.
insert into ceebus.gate(channel) values($1) on conflict do nothing

-- name: lock
-- Every transaction that judges uploads of a channel starts here, with a statement of its own: the next one sees what the last owner committed.
select channel from ceebus.gate where channel = $1 for update

-- name: past
-- What these uploads of these senders have come to already: their final outcome, or how they stand in the row in which they wait.
select i.n, b.outcome, coalesce(b.code, w.code) as code, coalesce(b.params, w.params) as params, w.seq, w.outcome as stands
from unnest($1::uuid[], $2::text[]) with ordinality as i(id, sender, n)
left join lateral (select * from ceebus.inbox b where b.id = i.id and b.sender = i.sender offset 0) b on true
left join lateral (select w.seq, w.outcome, w.code, w.params from ceebus.waiting w where w.upload_id = i.id and w.sender = i.sender offset 0) w on true
where b.id is not null or w.seq is not null

-- name: again
-- The last answer to each of these uploads is sent once more, for the run that passed them; answers which ones have one.
with last as (
    select i.n, i.run, a.id from unnest($1::uuid[], $2::text[], $3::uuid[]) with ordinality as i(id, sender, run, n)
    cross join lateral (select a.id from ceebus.answer a where a.upload_id = i.id and a.sender = i.sender order by a.attempt desc limit 1) a),
     unsent as (update ceebus.answer a set sent_at = null, run = last.run from last where a.id = last.id)
select n from last

-- name: imported
-- What source_ids are in CEE.
select source_id, revision, hash, key, number from ceebus.imported where channel = $1 and kind = $2 and source_id = any($3::uuid[])

-- name: standing
-- What waits of these objects, or in these queues, in order; without values.
select seq, channel, kind, source_id, revision, upload_id, sender, hash, ''::bytea as value, headers, outcome, code, params, parent_kind, parent_key,
       queue, attempts, confirmed, at, next_at
from ceebus.waiting where channel = $1 and kind = $2 and (source_id = any($3::uuid[]) or queue = any($4::text[])) order by seq

-- name: settle
-- Uploads that have come to an end: their repeats meet this row.
insert into ceebus.inbox(channel, id, sender, kind, source_id, revision, outcome, code, params)
select $1, i.id, i.sender, i.kind, i.source_id, i.revision, i.outcome, i.code, i.params::jsonb
from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::int[], $7::text[], $8::text[], $9::text[])
     as i(id, sender, kind, source_id, revision, outcome, code, params)
on conflict do nothing

-- name: adopt
-- A run has met uploads that wait: from now on it is told what becomes of them. Those that are exhausted are tried once more.
update ceebus.waiting w
set headers = w.headers || jsonb_build_object('ce_runid', i.run::text),
    outcome = 'waiting', attempts = case when w.outcome = 'quarantined' then 0 else w.attempts end,
    next_at = case when w.outcome = 'quarantined' then $4 else w.next_at end
from unnest($1::uuid[], $2::text[], $3::uuid[]) as i(upload_id, sender, run) where w.upload_id = i.upload_id and w.sender = i.sender

-- name: waited
-- They wait no more.
delete from ceebus.waiting where ctid = any (array(
    select w.at from unnest($1::uuid[], $2::text[]) as i(upload_id, sender) cross join lateral (
        select o.ctid as at from ceebus.waiting o where o.upload_id = i.upload_id and o.sender = i.sender offset 0) w))

-- name: apply
-- The revision that CEE has of each object from now on.
insert into ceebus.imported(channel, kind, source_id, revision, hash, key, number)
select $1, i.* from unnest($2::text[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::text[]) as i(kind, source_id, revision, hash, key, number)
on conflict (channel, kind, source_id) do update set
    revision = excluded.revision, hash = excluded.hash, key = excluded.key, number = excluded.number, at = excluded.at

-- name: wait
-- Uploads that are to be judged again; those that wait already get their new reason.
insert into ceebus.waiting(channel, kind, rank, source_id, revision, upload_id, sender, hash, value, headers, outcome, code, params,
                           parent_kind, parent_key, queue, attempts, next_at)
select $1, i.kind, i.rank, i.source_id, i.revision, i.upload_id, i.sender, i.hash, i.value, i.headers::jsonb, i.outcome, i.code, i.params::jsonb,
       i.parent_kind, i.parent_key, i.queue, i.attempts, i.next_at
from unnest($2::text[], $3::int[], $4::uuid[], $5::int[], $6::uuid[], $7::text[], $8::text[], $9::bytea[], $10::text[], $11::text[], $12::text[],
            $13::text[], $14::text[], $15::text[], $16::text[], $17::int[], $18::timestamptz[]) with ordinality
     as i(kind, rank, source_id, revision, upload_id, sender, hash, value, headers, outcome, code, params, parent_kind, parent_key, queue,
          attempts, next_at, n)
order by i.n
on conflict (upload_id, sender) do update set
    outcome = excluded.outcome, code = excluded.code, params = excluded.params, parent_kind = excluded.parent_kind,
    parent_key = excluded.parent_key, queue = excluded.queue, attempts = excluded.attempts, next_at = excluded.next_at

-- name: say
-- Answers, numbered behind those that were given under the same results key.
insert into ceebus.answer(channel, sender, kind, source_id, revision, upload_id, attempt, outcome, code, params, final, body, received_at, run, at)
select $1, i.sender, i.kind, i.source_id, i.revision, i.upload_id,
       coalesce(l.attempt, 0) + row_number() over (partition by i.sender, i.source_id, i.revision order by i.n),
       i.outcome, i.code, i.params::jsonb, i.final, i.body::jsonb, i.received_at, i.run, $14
from unnest($2::text[], $3::text[], $4::uuid[], $5::int[], $6::uuid[], $7::text[], $8::text[], $9::text[], $10::bool[], $11::text[],
            $12::timestamptz[], $13::uuid[]) with ordinality
     as i(sender, kind, source_id, revision, upload_id, outcome, code, params, final, body, received_at, run, n)
left join lateral (select max(a.attempt) as attempt from ceebus.answer a
                   where a.channel = $1 and a.sender = i.sender and a.source_id = i.source_id and a.revision = i.revision offset 0) l on true
order by i.n

-- name: turn
-- The next waiting uploads in the order of kinds behind a place (rank, seq) whose time has come. A later edit in a queue only behind the earlier ones.
select w.* from ceebus.waiting w
where w.channel = $1 and w.outcome = 'waiting' and (w.rank, w.seq) > ($2::int, $3::bigint) and w.next_at <= $4
  and (w.queue is null or not exists (
      select from ceebus.waiting e where e.channel = w.channel and e.kind = w.kind and e.queue = w.queue and e.seq < w.seq
                                     and (e.outcome <> 'waiting' or e.next_at > $4)))
order by w.rank, w.seq limit $5

-- name: of_parents
-- Waiting uploads whose parents have arrived or changed, behind a place (rank, seq).
select w.* from unnest($2::text[], $3::text[]) as p(kind, key)
join ceebus.waiting w on w.channel = $1 and w.parent_kind = p.kind and w.parent_key = p.key
where w.outcome = 'waiting' and w.queue is null and (w.rank, w.seq) > ($4::int, $5::bigint) and w.next_at <= $6
order by w.rank, w.seq limit $7

-- name: by_source
-- What waits of one object; $4: only what may be judged now, that is without earlier edits in its queue.
select w.* from ceebus.waiting w
where w.channel = $1 and w.kind = $2 and w.source_id = $3
  and (not $4 or w.queue is null or not exists (
      select from ceebus.waiting e where e.channel = w.channel and e.kind = w.kind and e.queue = w.queue and e.seq < w.seq))
order by w.seq

-- name: retry
-- An operator wants it tried again: its failures are forgotten.
update ceebus.waiting set outcome = 'waiting', attempts = 0, next_at = $4 where channel = $1 and kind = $2 and source_id = $3

-- name: confirm
-- An operator has seen the warnings.
update ceebus.waiting set confirmed = true, next_at = least(next_at, $4) where channel = $1 and kind = $2 and source_id = $3

-- name: fulfil
-- A wish is done; none where it was done before.
insert into ceebus.wanted_done(id, created_at) values($1, $2) on conflict do nothing returning id

-- name: channels_waiting
-- Channels in which something waits.
select distinct channel from ceebus.waiting where outcome = 'waiting'

-- name: changed
-- Objects that CEE says have changed since a place in its outbox. A hint: what is missed here is met by the sweep.
select seq, kind, key from ceebus.outbox where seq > $1 and kind in ('partners', 'articles', 'sales-reps') order by seq limit $2

-- name: outbox_end
-- Where CEE's outbox ends now.
select coalesce(max(seq), 0) from ceebus.outbox

-- name: wanted
-- What operators want of the writer. (our database)
select id, created_at, kind, key, action, reason from ceebus.wanted
where channel = $1 and kind like 'import/%' and taken_at is null and next_at <= now() order by id limit 100

-- name: wanted_channels
-- Channels in which operators want something of the writer. (our database)
select distinct channel from ceebus.wanted where kind like 'import/%' and taken_at is null and next_at <= now()

-- name: drop_wanted
-- Wishes that were fulfilled. (our database)
delete from ceebus.wanted where id = any($1::bigint[])

-- name: gap
-- The log lost what the lane had not read.
insert into ceebus.import_gap(channel, kind, topic, topic_partition, from_offset, to_offset) values($1, $2, $3, $4, $5, $6)
