-- The reference CEE: what all its tables share. Applied by install.py, in the order of the file names.
-- House rules of these tables:
--   * codes are natural keys in collation "C", so an index walks them in the order of Kafka and of every client;
--   * `key` is the object's key on the bus (domain.md 5), stored, because the views are read by it;
--   * `version` and `changed_at` belong to the triggers; a load without triggers lets the defaults fill them;
--   * few constraints: an ERP holds wrong data, and the bus must survive it;
--   * `name` and other translated texts are {"pl": ..., "de": ..., "en": ...}.
-- Bulk load: `set session_replication_role = replica`, COPY, `reset`, then `select cee.loaded()` and `analyze`.

create schema if not exists cee;

-- One sequence for all versions: a higher number is a later change, across rows and across a delete and a new insert.
create sequence cee.version;

-- Days added to today's date, for tests and demonstrations of the calendar.
create table cee.clock (
    one  bool primary key default true check (one),
    days int not null default 0
);
insert into cee.clock default values;

create function cee.today(time_zone text) returns date
language sql stable parallel safe
return (now() at time zone time_zone)::date + (select days from cee.clock);

-- A code as part of a key.
create function cee.escape(code text) returns text
language sql immutable strict parallel safe
return replace(replace(code, '%', '%25'), '/', '%2F');

-- YYYY-MM-DD without looking at DateStyle, so that a stored column may use it.
create function cee.iso(day date) returns text
language sql immutable strict parallel safe
return lpad(extract(year from day)::text, 4, '0')
    || '-' || lpad(extract(month from day)::text, 2, '0')
    || '-' || lpad(extract(day from day)::text, 2, '0');

-- YYYY-MM-DDTHH:MM:SS.mmmZ
create function cee.iso(moment timestamptz) returns text
language sql stable strict parallel safe
return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

create function cee.is_valid(valid_from date, valid_to date, today date) returns bool
language sql immutable parallel safe
return (valid_from is null or valid_from <= today) and (valid_to is null or today < valid_to);
