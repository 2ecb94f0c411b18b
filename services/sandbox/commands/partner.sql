-- What `ceebus cee partner` asks and changes.

-- name: channels
-- The channels there are.
select id from cee.channel order by id

-- name: partner
-- A partner as it is today, and the channels it belongs to; locked until the change is done.
select p.number, p.name, coalesce(v.role, p.role) as role, coalesce(v.status, p.status) as status, p.origin_source_id is not null as from_device,
       array(select c.channel from cee.channel_partner c where c.partner = p.number order by c.channel) as channels
from cee.partner p
left join lateral cee.begun(p.number, cee.today('Europe/Warsaw')) v on true
where p.number = $1
for no key update of p

-- name: status
-- Another status from now on, whatever versions that have begun say.
with begun as (
    update cee.partner_version set status = null where partner = $1 and valid_from <= cee.today('Europe/Warsaw') and status is not null
)
update cee.partner set status = $2 where number = $1

-- name: role
-- Another role from now on.
with begun as (
    update cee.partner_version set role = null where partner = $1 and valid_from <= cee.today('Europe/Warsaw') and role is not null
)
update cee.partner set role = $2 where number = $1

-- name: version
-- What the change left.
select version from cee.partner where number = $1
