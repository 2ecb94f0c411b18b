-- name: stage
-- A row of a page; the newest state of a key wins.
insert or replace into staged(kind, key, op, version, hash, body, needs, merge, changed_at) values(?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: staged
-- What a page brought for a key before.
select op, body, needs, merge from staged where kind = ? and key = ?

-- name: to_merge
-- Deactivations of rows the device has.
select s.kind, s.key, s.body, r.body from staged s join row r on r.kind = s.kind and r.key = s.key where s.op = 'deactivate' and s.merge

-- name: merged
-- The row with its stub fields renewed.
update staged set body = ? where kind = ? and key = ?

-- name: log_replaced
-- Rows that a full download no longer brought.
insert into applied(kind, key, op, version, hash, position, at)
select kind, key, 'delete', version, hash, ?1, ?2 from row
where (kind = 'attachments') = ?3 and not exists (select 1 from staged s where s.kind = row.kind and s.key = row.key)

-- name: forget_group
-- A full download replaces its group.
delete from row where (kind = 'attachments') = ?

-- name: forget_group_needs
-- The references of a group that is replaced.
delete from need where (kind = 'attachments') = ?

-- name: log_applied
-- What this switch changes: no removal of something the device never had, nothing a full download merely repeats (?3).
insert into applied(kind, key, op, version, hash, position, changed_at, at)
select kind, key, op, version, hash, ?1, changed_at, ?2 from staged s
where case when op = 'delete' then exists (select 1 from row r where r.kind = s.kind and r.key = s.key)
           else not (?3 and exists (select 1 from row r where r.kind = s.kind and r.key = s.key and r.op = s.op and r.hash = s.hash)) end

-- name: remove
-- Removals of this switch.
delete from row where (kind, key) in (select kind, key from staged where op = 'delete')

-- name: forget_needs
-- The references of rows that changed.
delete from need where (kind, key) in (select kind, key from staged)

-- name: put
-- New states of this switch.
insert or replace into row(kind, key, op, version, hash, body)
select kind, key, op, version, hash, body from staged where op <> 'delete'

-- name: put_needs
-- Their references.
insert or ignore into need(kind, key, parent_kind, parent_key)
select s.kind, s.key, json_extract(n.value, '$[0]'), json_extract(n.value, '$[1]') from staged s, json_each(s.needs) n where s.op <> 'delete' and s.needs <> '[]'

-- name: dangling_changed
-- References of or to what this switch changed that lead nowhere. Cross join: what is staged is little, whatever the planner believes.
select n.kind, n.key, n.parent_kind, n.parent_key from staged s cross join need n on n.kind = s.kind and n.key = s.key
where not exists (select 1 from row p where p.kind = n.parent_kind and p.key = n.parent_key)
union
select n.kind, n.key, n.parent_kind, n.parent_key from staged s cross join need n on n.parent_kind = s.kind and n.parent_key = s.key
where s.op = 'delete' and not exists (select 1 from row p where p.kind = n.parent_kind and p.key = n.parent_key)

-- name: dangling
-- All references that lead nowhere.
select kind, key, parent_kind, parent_key from need n
where not exists (select 1 from row p where p.kind = n.parent_kind and p.key = n.parent_key)

-- name: log_dropped
-- An attachment whose owner left, while attachments themselves are not downloaded.
insert into applied(kind, key, op, version, hash, position, at) select kind, key, 'delete', version, hash, ?3, ?4 from row where kind = ?1 and key = ?2

-- name: drop_row
-- One row.
delete from row where kind = ? and key = ?

-- name: drop_needs
-- One row's references.
delete from need where kind = ? and key = ?

-- name: hashes
-- Keys and content hashes of a kind, for its digest.
select key, hash from row where kind = ? order by key

-- name: counts
-- Rows of each kind.
select kind, count(*) from row group by kind order by kind

-- name: rows
-- Rows of a kind.
select key, body from row where kind = ? order by key

-- name: contents
-- Contents that the attachments' records name, of those applied behind a number of the log; notes have none.
select distinct json_extract(body, '$.sha256') from row
where kind = 'attachments' and json_extract(body, '$.sha256') is not null and coalesce(json_extract(body, '$.type'), '') <> 'note'
and (?1 = 0 or exists (select 1 from applied a where a.kind = 'attachments' and a.key = row.key and a.seq > ?1))

-- name: log
-- The apply log from a number on.
select seq, kind, key, op, version, hash, position, changed_at, at from applied where seq > ? order by seq

-- name: set_meta
-- Something the device remembers.
insert or replace into meta(name, value) values(?, ?)

-- name: meta
-- What it remembered.
select value from meta where name = ?
