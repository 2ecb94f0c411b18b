-- What a load asks the reference CEE.

-- name: has_channel
-- Whether CEE knows this channel.
select exists (select from cee.channel where id = $1)

-- name: today
-- The day the data are made for.
select cee.today('Europe/Warsaw')

-- name: articles
-- The numbers a further channel may choose from.
select number from cee.article order by number

-- name: triggers_off
-- Neither foreign keys nor CEE's triggers look at the rows of this transaction.
set local session_replication_role = replica

-- name: triggers_on
-- From here on CEE works as always.
set local session_replication_role = origin

-- name: has_loaded
-- Whether this CEE wants to hear that rows came in behind its back.
select to_regprocedure('cee.loaded()') is not null

-- name: loaded
-- Lets CEE fill what its triggers would have kept.
select cee.loaded()

-- name: analyze
-- The planner's figures: without them the first snapshot would read whole tables. Only of what was loaded: a table of which the
-- planner has learned that it is empty is read as a whole, by plans that are kept while it grows.
do $$
declare found regclass;
begin
    for found in select oid from pg_class where relnamespace = 'cee'::regnamespace and relkind = 'r' loop
        execute format('analyze %s', found);
    end loop;
end $$
