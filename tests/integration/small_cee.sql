-- The smallest CEE that keeps the contract of the source: one table of objects, nine views on it. Not the reference CEE:
-- the source must work with any database that offers these views and functions.
create schema cee;
create table cee.channel (id text collate "C" primary key, version bigint not null default 1, active bool not null, settings jsonb not null);
create table cee.object (
    channel text collate "C", kind text collate "C", key text collate "C", version bigint not null default 1,
    member bool not null default true, body jsonb not null default '{}', primary key (channel, kind, key)
);
create table cee.dependent (kind text collate "C", key text collate "C", scope text collate "C", child_kind text collate "C", child_key text collate "C");
create table cee.content (id text collate "C" primary key, content bytea);
create table cee.due_on (channel text collate "C", kind text collate "C", key text collate "C", day date);
create table cee.clock (days int not null);
insert into cee.clock values (0);

create view cee.mobile_channels as select id as channel, version, settings as body, active from cee.channel;

do $$
declare kind text;
begin
    foreach kind in array array['master-data', 'sales-reps', 'partners', 'articles', 'article-categories', 'availability', 'price-lists',
                                'sales-documents', 'attachments'] loop
        execute format('create view cee.%I as select channel, key, version, body, member from cee.object where kind = %L', replace(kind, '-', '_'), kind);
    end loop;
end $$;

create function cee.attachment_content(wanted text) returns bytea language sql stable as 'select content from cee.content where id = wanted';
create function cee.today(zone text) returns date language sql stable as 'select (now() at time zone zone)::date + (select days from cee.clock)';
create function cee.dependents(ch text, k text, ky text, sc text, after_kind text, after_key text, lim int) returns table (kind text, key text)
    language sql stable as $$
    select child_kind, child_key from cee.dependent d where d.kind = k and d.key = ky and d.scope = sc and (child_kind, child_key) > (after_kind, after_key)
    order by child_kind, child_key limit lim $$;
create function cee.tick(ch text, since date, until date) returns bigint language sql as $$
    with made as (insert into ceebus.outbox(kind, key, channel)
                  select kind, key, channel from cee.due_on where channel = ch and day > since and day <= until returning 1)
    select count(*) from made $$;

create function cee.note() returns trigger language plpgsql as $$
declare changed record;
begin
    changed := coalesce(new, old);
    insert into ceebus.outbox(kind, key, channel) values (changed.kind, changed.key, changed.channel);
    perform ceebus.wake();
    return null;
end $$;
create trigger note after insert or update or delete on cee.object for each row execute function cee.note();

create function cee.note_channel() returns trigger language plpgsql as $$
begin
    insert into ceebus.outbox(kind, key, channel, scope) values ('channels', new.id, new.id, 'channel');
    perform ceebus.wake();
    return null;
end $$;
create trigger note after insert or update on cee.channel for each row execute function cee.note_channel();
