-- name: make_secret
-- Creates a signing key once; whoever comes second keeps the first one.
insert into ceebus.secret(name, value) values($1, $2) on conflict (name) do nothing

-- name: secret
-- A signing key.
select value from ceebus.secret where name = $1

-- name: device
-- Who a device is and whether it may still do anything; asked at every request.
select id, channel, rep, state, db_epoch, session from ceebus.device where id = $1

-- name: enrol
-- Uses up an enrolment code: the device becomes active in a new session.
update ceebus.device
set state = 'active', enrol_hash = null, enrol_expires_at = null, enrolled_at = now(), last_seen_at = now(),
    db_epoch = coalesce(db_epoch, $2), name = coalesce($3, name),
    session = $4, refresh_hash = $5, refresh_prev_hash = null, refreshed_at = now()
where id = $6 and enrol_hash = $1 and enrol_expires_at > now() and state <> 'revoked'
returning id, channel, rep

-- name: device_of_code
-- The device an enrolment code was made for, and whether it is too late.
select id, state, enrol_expires_at <= now() as expired from ceebus.device where enrol_hash = $1 and ($2::text is null or id = $2)

-- name: session
-- A device's chain of refresh tokens, locked: two refreshes at once are judged one after the other.
select state, session, refresh_hash, refresh_prev_hash, extract(epoch from now() - refreshed_at)::float8 as age_s
from ceebus.device where id = $1 for update

-- name: rotate
-- The next refresh token of a chain; the one before stays known for a client that lost the answer.
update ceebus.device set refresh_hash = $2, refresh_prev_hash = $3, refreshed_at = now(), last_seen_at = now() where id = $1

-- name: end_session
-- Ends a chain: its refresh and access tokens are worthless from now on.
update ceebus.device set session = null, refresh_hash = null, refresh_prev_hash = null where id = $1

-- name: seen
-- Notes that a device was there, at most once in ten seconds.
update ceebus.device set last_seen_at = now()
where id = $1 and (last_seen_at is null or last_seen_at < now() - interval '10 seconds')

-- name: place
-- How far the channel's feed is, how far back its removals are known, and which life of it this is.
select last, oldest, epoch::text as epoch from ceebus.feed_position where channel = $1

-- name: replay
-- What an operator wants a device to get again, if anything.
select id, data_position, attachments_position, whole from ceebus.device_replay where device = $1 and done_at is null

-- name: replay_taken
-- A page after it is about to be given.
update ceebus.device_replay set taken_at = now() where id = $1 and taken_at is null

-- name: replay_acknowledged
-- The device has complete cuts of these groups ($3 data, $4 attachments) that were begun after replay $2.
update ceebus.device_replay
set data_done = data_done or $3, attachments_done = attachments_done or $4,
    done_at = case when (data_done or $3) and (attachments_done or $4) then now() end
where device = $1 and id <= $2 and done_at is null

-- name: data_rows
-- The next rows of a rep's data ($4) and of his device ($7) in feed order: the body, or null where the device has to forget the row.
select position, kind, key,
       case when not removed and (audience is null or $4 = any(audience) or $7 = any(audience)) then body end as body
from ceebus.feed
where channel = $1 and kind <> 'attachments' and position > $2 and position <= $3
  and case when not removed and (audience is null or $4 = any(audience) or $7 = any(audience)) then true
           else position > $5 and (audience is null or $4 = any(audience) or $4 = any(left_audience) or '*' = any(left_audience)) end
order by position limit $6

-- name: attachments_rows
-- The same for the records of attachments.
select position, kind, key,
       case when not removed and (audience is null or $4 = any(audience) or $7 = any(audience)) then body end as body
from ceebus.feed
where channel = $1 and kind = 'attachments' and position > $2 and position <= $3
  and case when not removed and (audience is null or $4 = any(audience) or $7 = any(audience)) then true
           else position > $5 and (audience is null or $4 = any(audience) or $4 = any(left_audience) or '*' = any(left_audience)) end
order by position limit $6

-- name: results_rows
-- A sender's own answers in feed order; an answer has one addressee.
select position, body from ceebus.feed
where channel = $1 and kind = 'results' and audience[1] = $2 and position > $3 and position <= $4 order by position limit $5

-- name: attachment
-- A record, visible to this rep, that names a content.
select body from ceebus.feed
where channel = $1 and kind = 'attachments' and not removed
  and substring(encode(body, 'escape') from '"sha256":"([0-9a-f]{64})"') = $2
  and (audience is null or $3 = any(audience))
limit 1

-- name: acknowledge
-- What a device has in use; goes back only in another database of the device or another life of the feed.
insert into ceebus.device_ack as had(device, channel, data_position, attachments_position, acked_at, db_epoch, feed_epoch)
values($1, $2, coalesce($3::bigint, 0), coalesce($4::bigint, 0), now(), $5, $6)
on conflict (device) do update set channel = excluded.channel, acked_at = excluded.acked_at, db_epoch = excluded.db_epoch, feed_epoch = excluded.feed_epoch,
    data_position = case when (had.channel, had.db_epoch, had.feed_epoch) = (excluded.channel, excluded.db_epoch, excluded.feed_epoch)
        then greatest(had.data_position, excluded.data_position) else excluded.data_position end,
    attachments_position = case when (had.channel, had.db_epoch, had.feed_epoch) = (excluded.channel, excluded.db_epoch, excluded.feed_epoch)
        then greatest(had.attachments_position, excluded.attachments_position) else excluded.attachments_position end
returning data_position, attachments_position, acked_at

-- name: register_epoch
-- A complete download was acknowledged in this database of the device: edits count from it now (domain.md 7.5).
update ceebus.device set db_epoch = $2 where id = $1 and db_epoch is distinct from $2

-- name: news
-- Positions of the followed channels.
select channel, epoch::text || ':' || last as id, epoch, last from ceebus.feed_position where channel = any($1::text[])

-- name: concerned
-- Whom what stands behind a position is for, or was: reps, senders, null for everybody.
with moved as (
    select audience, left_audience from ceebus.feed where channel = $1 and kind <> 'attachments' and position > $2 and position <= $3
    union all
    select audience, left_audience from ceebus.feed where channel = $1 and kind = 'attachments' and position > $2 and position <= $3
)
select distinct who from moved, unnest(case when audience is not null then audience || left_audience else array[null] end) as who

-- name: still_in
-- Which of the listening devices may go on listening.
select id, session from ceebus.device where id = any($1::text[]) and state = 'active'

-- name: client
-- Whose token this is: a client of the back-office app; asked at every request.
select id, channel, revoked_at is not null as revoked from ceebus.client where token_hash = $1

-- name: client_seen
-- Notes that a client was there, at most once in ten seconds.
update ceebus.client set last_used_at = now()
where token_hash = $1 and (last_used_at is null or last_used_at < now() - interval '10 seconds')

-- name: has_file
-- Whether this sender ($4) has uploaded this content for this object already.
select true from ceebus.upload_file where channel = $1 and source_id = $2 and sha256 = $3 and sender = $4

-- name: add_file
-- A content that is in the blob store now, and the object it is for.
insert into ceebus.upload_file(channel, source_id, sha256, sender, size, filename) values($1, $2, $3, $4, $5, $6) on conflict do nothing
