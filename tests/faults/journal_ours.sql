-- Every position the feed ever gave out, in the order in which the rows were written: the feed itself keeps only the newest.
create schema fault;
create table fault.move (
    n bigserial primary key, txid xid8 default pg_current_xact_id(), channel text collate "C", kind text collate "C", key text collate "C",
    objectversion bigint, op text, hash text, position bigint, removed bool, body bytea
);
create function fault.note() returns trigger language plpgsql as $$
begin
    insert into fault.move(channel, kind, key, objectversion, op, hash, position, removed, body)
    values(new.channel, new.kind, new.key, new.objectversion, new.op, encode(new.hash, 'hex'), new.position, new.removed, new.body);
    return null;
end $$;
create trigger fault_put after insert on ceebus.feed for each row when (new.position > 0) execute function fault.note();
create trigger fault_moved after update on ceebus.feed for each row
    when (new.position is distinct from old.position and new.position > 0) execute function fault.note();
