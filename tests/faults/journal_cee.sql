-- What was committed in CEE, kept for the loss checker: outbox rows go once every channel has passed them.
-- read_number: the last one drawn by then, so whoever publishes because of this row carries a higher one.
create schema fault;
create table fault.change (
    n bigserial primary key, kind text collate "C", key text collate "C", channel text collate "C", read_number bigint
);
create function fault.note() returns trigger language plpgsql as $$
begin
    insert into fault.change(kind, key, channel, read_number)
    select kind, key, channel, (select last_value from ceebus.read_number) from made order by seq;
    return null;
end $$;
create trigger fault_note after insert on ceebus.outbox referencing new table as made for each statement execute function fault.note();
