-- What CEE does for those who bring objects in.

-- The next `count` numbers of a range, in order. The range stays locked until the transaction ends and falls back with it,
-- so there are no gaps; a number that is taken already (somebody entered it by hand) is stepped over.
create function cee.take_numbers(series text, count int) returns text[] language plpgsql as $$
declare
    place cee.number_range;
    made text;
    taken text[] := '{}';
begin
    if count < 1 then
        return taken;
    end if;
    select * into place from cee.number_range where name = series for update;
    if not found then
        raise no_data_found using message = format('number range %s is missing', series);
    end if;
    while cardinality(taken) < count loop
        made := place.prefix || lpad(place.next::text, greatest(place.digits, length(place.next::text)), '0');
        place.next := place.next + 1;
        if not exists (select from cee.partner where series = 'partner' and number = made)
           and not exists (select from cee.document where series <> 'partner' and type in ('ZS', 'OS') and hq_number = made) then
            taken := taken || made;
        end if;
    end loop;
    update cee.number_range set next = place.next where name = series;
    return taken;
end $$;
