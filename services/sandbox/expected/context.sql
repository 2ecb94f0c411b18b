-- What the kinds' queries stand on: the channel with its own today, small functions, the table they fill.
-- Written from domain.md over CEE's tables; nothing here or in the other files uses CEE's views or their helper functions.

-- name: functions
-- A code in a key; a number without trailing zeros; a name map that can be sent.
create or replace function pg_temp.part(code text) returns text language sql immutable as
    $$ select replace(replace(code, '%', '%25'), '/', '%2F') $$;
create or replace function pg_temp.num(value numeric) returns text language sql immutable as
    $$ select trim_scale(value)::text $$;
create or replace function pg_temp.fits(value text, longest int) returns bool language sql immutable as
    $$ select char_length(btrim(value)) between 1 and longest $$;
create or replace function pg_temp.named(name jsonb, longest int) returns bool language sql immutable as
    $$ select coalesce(name->>'pl', name->>'de', name->>'en') is not null
          and coalesce(char_length(btrim(name->>'pl')), 0) <= longest
          and coalesce(char_length(btrim(name->>'de')), 0) <= longest
          and coalesce(char_length(btrim(name->>'en')), 0) <= longest $$;
create or replace function pg_temp.holds(valid_from date, valid_to date, today date) returns bool language sql immutable as
    $$ select coalesce(valid_from <= today, true) and coalesce(today < valid_to, true) $$;

-- name: tables
-- `fields` is what is compared; `audience` null = every rep of the channel.
create temp table want (
    kind text collate "C" not null,
    key text collate "C" not null,
    op text not null,
    fields text[] not null,
    audience text[],
    primary key (kind, key)
) on commit drop;
create temp table want_channel on commit drop as select c.*, current_date as today from cee.channel c limit 0;

-- name: channel
-- The channel asked for, with the date of its own calendar.
insert into want_channel
select c.*, (now() at time zone c.time_zone)::date + k.days from cee.channel c cross join cee.clock k where c.id = $1

-- name: analyze
-- The planner's figures of what is there so far.
analyze want

-- name: all
-- Everything the channel's devices must hold between them.
select kind, key, op, fields, audience from want

-- name: of_rep
-- What this rep's devices must hold.
select kind, key, op, fields from want where audience is null or $1 = any (audience)
