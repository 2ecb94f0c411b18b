-- name: add
-- A new token; only its hash is kept.
insert into ceebus.operator(id, name, role, token_hash, created_by) values($1, $2, $3, $4, $5)
returning id, name, role, created_by, created_at, last_used_at, revoked_at

-- name: list
-- Tokens by name, the revoked ones among them where asked for.
select id, name, role, created_by, created_at, last_used_at, revoked_at from ceebus.operator
where (name, id) > ($1, $2) and ($3 or revoked_at is null) order by name, id limit $4

-- name: one
-- One token, which nobody else changes until our transaction ends.
select id, name, role, created_by, created_at, last_used_at, revoked_at from ceebus.operator where id = $1 for no key update

-- name: revoke
-- Out at once: every request looks. Asked twice it keeps the first moment.
update ceebus.operator set revoked_at = coalesce(revoked_at, now()) where id = $1
returning id, name, role, created_by, created_at, last_used_at, revoked_at
