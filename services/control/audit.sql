-- name: add
-- One action.
insert into ceebus.audit(actor, action, channel, object, reason, before, after) values($1, $2, $3, $4, $5, $6, $7)

-- name: list
-- Actions, the newest first, with the name of who acted. A filter that is null does not filter.
select a.id, a.at, a.actor, o.name as actor_name, a.action, a.channel, a.object, a.reason, a.before, a.after
from ceebus.audit a left join ceebus.operator o on o.id = a.actor
where a.id < $1 and ($2::text is null or a.channel = $2) and ($3::text is null or a.actor = $3 or o.name = $3)
  and ($4::text is null or a.action = $4)
order by a.id desc limit $5
