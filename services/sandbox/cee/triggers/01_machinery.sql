-- How a committed change gets into ceebus.outbox, in the changing transaction, deletes included; nothing else writes there.
--   cee.touch        before an object's update: a new version, unless nothing changed
--   cee.touch_owner  after a part's change: its object gets a new version, and so an outbox row
--   cee.emit         after any change, once a statement: what TG_ARGV[0] selects from `changed` goes to the outbox
-- `changed` holds the rows inserted or deleted, and of updated rows the old and the new one, where they differ.
-- A scope (functions/01_dependents.sql) says what else the source must look at; keys are made from codes, because an owner
-- may be gone already when the parts that went with it are looked at.

create function cee.wake() returns trigger language plpgsql as $$
begin
    perform ceebus.wake();
    return null;
end $$;
create trigger wake after insert on ceebus.outbox for each statement execute function cee.wake();

create function cee.touch() returns trigger language plpgsql as $$
begin
    -- generated columns are not computed yet here, and what is written to them is ignored
    if tg_table_name <> 'channel' then
        new.key := old.key;
    end if;
    if tg_table_name = 'attachment' then
        new.digest := old.digest;
    end if;
    if new is distinct from old then
        if new.version = old.version then
            new.version := nextval('cee.version');
        end if;
        new.changed_at := now();
    end if;
    return new;
end $$;

-- The select of what a statement changed. `versioned` rows differ when their versions do; others are compared as a whole.
create function cee.changed(operation text, versioned bool) returns text language sql immutable as $$
    select case
        when operation = 'INSERT' then 'select * from new_rows'
        when operation = 'DELETE' then 'select * from old_rows'
        when versioned then
            'select * from new_rows n where not exists (select from old_rows o where o.key = n.key and o.version = n.version)
             union all
             select * from old_rows o where not exists (select from new_rows n where n.key = o.key and n.version = o.version)'
        else
            '(select * from new_rows except all select * from old_rows)
             union all
             (select * from old_rows except all select * from new_rows)'
    end
$$;

-- TG_ARGV: the select of (kind, key, channel, scope); whether the rows have key and version
create function cee.emit() returns trigger language plpgsql as $$
begin
    execute format('with changed as (%s) insert into ceebus.outbox(kind, key, channel, scope) select distinct * from (%s) found',
                   cee.changed(tg_op, tg_argv[1]::bool), tg_argv[0]);
    return null;
end $$;

-- TG_ARGV: the owner's table, its column, the select of that column's values
create function cee.touch_owner() returns trigger language plpgsql as $$
begin
    execute format('with changed as (%s) update cee.%I set version = nextval(''cee.version'') where %I in (%s)',
                   cee.changed(tg_op, false), tg_argv[0], tg_argv[1], tg_argv[2]);
    return null;
end $$;

-- One trigger each for insert, update and delete: a transition table belongs to one event.
create procedure cee.watch(relation text, called text, variadic arguments text[]) language plpgsql as $$
declare
    given text := (select string_agg(quote_literal(a), ', ') from unnest(arguments) a);
    name text := called || '_' || (select count(*) from pg_trigger t where t.tgrelid = ('cee.' || relation)::regclass);
begin
    execute format('create trigger %I after insert on cee.%I referencing new table as new_rows
                    for each statement execute function cee.%I(%s)', name || '_insert', relation, called, given);
    execute format('create trigger %I after update on cee.%I referencing new table as new_rows old table as old_rows
                    for each statement execute function cee.%I(%s)', name || '_update', relation, called, given);
    execute format('create trigger %I after delete on cee.%I referencing old table as old_rows
                    for each statement execute function cee.%I(%s)', name || '_delete', relation, called, given);
end $$;

-- An object with key and version of its own.
create procedure cee.watch_object(relation text, query text) language plpgsql as $$
begin
    execute format('create trigger touch before update on cee.%I for each row execute function cee.touch()', relation);
    call cee.watch(relation, 'emit', query, 'true');
end $$;

-- A part, or a row that only decides where objects belong.
create procedure cee.watch_part(relation text, query text) language plpgsql as $$
begin
    call cee.watch(relation, 'emit', query, 'false');
end $$;
