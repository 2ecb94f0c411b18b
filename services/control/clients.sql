-- name: list
-- Clients of the back-office app by id.
select id, channel, name, created_at, revoked_at, last_used_at from ceebus.client
where id > $1 and ($2::text is null or channel = $2) order by id limit $3

-- name: one
-- One client.
select id, channel, name, created_at, revoked_at, last_used_at from ceebus.client where id = $1

-- name: add
-- A new client; of its token only the hash is kept.
insert into ceebus.client(id, channel, name, token_hash) values($1, $2, $3, $4)

-- name: revoke
-- Out at once: the gateway looks at every request. Asked twice it keeps the first moment.
update ceebus.client set revoked_at = coalesce(revoked_at, now()) where id = $1
returning id, channel, name, created_at, revoked_at, last_used_at
