-- What several views and triggers ask. A function that returns a table is expanded into the calling query;
-- LIMIT 1 and OFFSET 0 hold the planner to one look-up a row; ORDER BY an index before LIMIT 1 keeps it from hoping to find
-- one row soon in the whole table.
-- Large bodies are json, not jsonb: nesting jsonb copies each part again on every level, and the source only passes their text on.

-- The channels with today's date by their own calendar, the assortment lists valid today and the warehouses:
-- evaluated once a query, not once a row (OFFSET 0).
create view cee.channel_today as
select c.*, array(select l.list from cee.assortment_list l
                  where l.listing = c.assortment_listing and cee.is_valid(l.valid_from, l.valid_to, c.today)) as assortment_lists,
       array(select w.warehouse from cee.channel_warehouse w where w.channel = c.id) as warehouses
from (select x.*, cee.today(x.time_zone) as today from cee.channel x offset 0) c
offset 0;

create function cee.is_sent(status_general text, issue_date date, today date, history_days int) returns bool
language sql immutable parallel safe
return status_general not in ('completed', 'invalid', 'reorganization_started') or issue_date >= today - history_days;

-- Whether an article stands on one of the listing's `lists` today: one row (true) or none.
create function cee.assorted(listing text, lists text[], article text, today date) returns table (inside bool)
language sql stable parallel safe rows 1 as $$
    select true
    from cee.assortment_item i
    where i.listing = assorted.listing and i.article = assorted.article and i.list = any (assorted.lists)
      and cee.is_valid(i.valid_from, i.valid_to, assorted.today)
    limit 1
$$;

-- An article as a channel's other records need it: no row when it is unknown.
create function cee.article_state(listing text, lists text[], article text, today date)
returns table (member bool, stock_managed bool, allow_negative bool)
language sql stable parallel safe rows 1 as $$
    select a.status <> 'marked_for_deletion' and l.inside is not null, a.stock_managed, a.allow_negative
    from cee.article a
    left join lateral cee.assorted(article_state.listing, article_state.lists, a.number, article_state.today) l on true
    where a.number = article_state.article
    limit 1
$$;

-- What has changed of a partner by the versions that have begun: of each column the latest filled value.
create function cee.begun(partner text, today date)
returns table (name text, role text, status text, customer_type text, price_class text, payment_form text, payment_term text, credit_limit numeric)
language sql stable parallel safe rows 1 as $$
    select (array_agg(v.name order by v.valid_from desc) filter (where v.name is not null))[1],
           (array_agg(v.role order by v.valid_from desc) filter (where v.role is not null))[1],
           (array_agg(v.status order by v.valid_from desc) filter (where v.status is not null))[1],
           (array_agg(v.customer_type order by v.valid_from desc) filter (where v.customer_type is not null))[1],
           (array_agg(v.price_class order by v.valid_from desc) filter (where v.price_class is not null))[1],
           (array_agg(v.payment_form order by v.valid_from desc) filter (where v.payment_form is not null))[1],
           (array_agg(v.payment_term order by v.valid_from desc) filter (where v.payment_term is not null))[1],
           (array_agg(v.credit_limit order by v.valid_from desc) filter (where v.credit_limit is not null))[1]
    from cee.partner_version v
    where v.partner = begun.partner and v.valid_from <= begun.today
    having count(*) > 0
$$;

-- Who may see a partner: null = all reps of the channel; else the reps named for it (`named`, null = none)
-- and those who wrote one of its documents that are sent.
create function cee.partner_audience(channel text, partner text, named text[], today date, history_days int)
returns table (audience text[])
language sql stable parallel safe rows 1 as $$
    select case when named is not null then array(
        select unnest(named)
        union
        select d.rep from cee.document d
        where d.channel = partner_audience.channel and d.partner = partner_audience.partner and d.origin = 'mobile' and d.rep is not null
          and cee.is_sent(d.status_general, d.issue_date, partner_audience.today, partner_audience.history_days)
        order by 1)
    end
$$;

-- The reps named for a partner, null = none.
create function cee.named_reps(channel text, partner text) returns table (named text[])
language sql stable parallel safe rows 1 as $$
    select nullif(array(
        select r.rep from cee.partner_rep r
        where r.channel = named_reps.channel and r.partner = named_reps.partner order by r.rep), '{}')
    offset 0
$$;

-- A partner as a channel's other records need it: no row when it never was assigned.
-- assigned: its documents belong to the channel; member: it is active on devices too.
create function cee.partner_state(channel text, partner text, today date, history_days int)
returns table (assigned bool, member bool, audience text[])
language sql stable parallel safe rows 1 as $$
    select cp.assigned,
           cp.assigned and cp.deleted_on is null and coalesce(v.status, p.status) <> 'inactive',
           a.audience
    from cee.channel_partner cp
    join cee.partner p on p.number = cp.partner
    left join lateral (
        select v.status from cee.partner_version v
        where v.partner = p.number and v.valid_from <= partner_state.today and v.status is not null
        order by v.valid_from desc limit 1) v on true
    left join lateral cee.named_reps(cp.channel, cp.partner) n on true
    left join lateral cee.partner_audience(cp.channel, cp.partner, n.named, partner_state.today, partner_state.history_days) a on true
    where cp.channel = partner_state.channel and cp.partner = partner_state.partner
    limit 1
$$;

-- An employer that was the channel's organisation once and is another now has ended the membership; one that never was is a
-- mistake for the exporter to report (rep_employer_mismatch).
create function cee.is_employed(employer text, former_employers text[], organisation text) returns bool
language sql immutable parallel safe
return employer is not distinct from organisation or organisation <> all (former_employers);

-- The reps of a channel today.
create function cee.reps_of(channel text, organisation text, today date) returns table (rep text)
language sql stable parallel safe rows 20 as $$
    select r.number
    from cee.rep_profile p
    join cee.rep r on r.number = p.rep
    where p.channel = reps_of.channel and r.sales_rep and cee.is_valid(r.valid_from, r.valid_to, reps_of.today)
      and cee.is_employed(r.employer, r.former_employers, reps_of.organisation)
$$;

-- channel_today with the reps who receive documents born in CEE, per document type.
create view cee.channel_recipients as
select c.*, h.zs_reps, h.os_reps
from cee.channel_today c
cross join lateral (
    select coalesce(array_agg(r.rep order by r.rep) filter (where p.hq_documents in ('ZS', 'both')), '{}') as zs_reps,
           coalesce(array_agg(r.rep order by r.rep) filter (where p.hq_documents in ('OS', 'both')), '{}') as os_reps
    from cee.reps_of(c.id, c.sales_organisation, c.today) r
    join cee.rep_profile p on p.channel = c.id and p.rep = r.rep
) h
offset 0;

-- Who receives a document: its maker, or, when it was born in CEE, the reps whose profiles cover the type (`hq_reps`), and of
-- these the partner's own if it names any.
create function cee.recipients(d cee.document, hq_reps text[]) returns table (reps text[])
language sql stable parallel safe rows 1 as $$
    select case when d.origin = 'mobile' then array_remove(array[d.rep], null)
                when n.named is null then hq_reps
                else array(select x from unnest(n.named) x where x = any (hq_reps) order by x) end
    from (select) one
    left join lateral cee.named_reps(d.channel, d.partner) n on d.origin <> 'mobile'
    offset 0
$$;
