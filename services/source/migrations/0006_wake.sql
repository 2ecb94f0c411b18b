-- What CEE's triggers call after writing to the outbox. NOTIFY holds a lock of the whole server until its commit is on disk: with many
-- changes a second their users waited for each other. A source that looks by the clock holds this lock, and nobody is notified.
create or replace function ceebus.wake() returns void language plpgsql as $$
begin
    if pg_try_advisory_lock_shared(hashtext('ceebus.by_the_clock')) then
        perform pg_advisory_unlock_shared(hashtext('ceebus.by_the_clock'));
        notify ceebus_outbox;
    end if;
end $$;
