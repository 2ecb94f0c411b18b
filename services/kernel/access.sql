-- name: known
-- Whose token this is; no row when it is unknown or revoked. stale: its last use is not worth a write more often than once a minute.
select id, name, role, coalesce(last_used_at < now() - interval '1 minute', true) as stale
from ceebus.operator where token_hash = $1 and revoked_at is null

-- name: used
-- Remembers the use, unless another request just has.
update ceebus.operator set last_used_at = now() where id = $1 and coalesce(last_used_at < now() - interval '1 minute', true)
