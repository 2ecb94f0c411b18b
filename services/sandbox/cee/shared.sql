-- What several views and triggers ask. Functions that return a table are expanded into the calling query;
-- LIMIT 1 and OFFSET 0 hold the planner to index look-ups, with or without statistics.

-- The channels with today's date by their own calendar: evaluated once a query, not once a row (OFFSET 0).
create view cee.channel_today as
select c.*, cee.today(c.time_zone) as today from cee.channel c offset 0;

create function cee.is_sent(status_general text, issue_date date, today date, history_days int) returns bool
language sql immutable parallel safe
return status_general not in ('completed', 'invalid', 'reorganization_started') or issue_date >= today - history_days;

-- Whether an article stands on a list of the listing today: one row (true) or none.
create function cee.assorted(listing text, article text, today date) returns table (inside bool)
language sql stable parallel safe rows 1 as $$
    select true
    from cee.assortment_item i
    join cee.assortment_list l on l.listing = i.listing and l.list = i.list
    where i.listing = assorted.listing and i.article = assorted.article
      and cee.is_valid(i.valid_from, i.valid_to, assorted.today) and cee.is_valid(l.valid_from, l.valid_to, assorted.today)
    limit 1
$$;

-- An article as a channel's other records need it: no row when it is unknown.
create function cee.article_state(listing text, article text, today date)
returns table (member bool, stock_managed bool, allow_negative bool)
language sql stable parallel safe rows 1 as $$
    select a.status <> 'marked_for_deletion' and l.inside is not null, a.stock_managed, a.allow_negative
    from cee.article a
    left join lateral cee.assorted(article_state.listing, a.number, article_state.today) l on true
    where a.number = article_state.article
    limit 1
$$;

-- A partner as a channel's other records need it: no row when it never was assigned.
-- assigned: its documents belong to the channel; member: it is active on devices too.
-- audience: null = all reps; else the reps named for it and those who wrote one of its documents that are sent.
create function cee.partner_state(channel text, partner text, today date, history_days int)
returns table (assigned bool, member bool, audience text[])
language sql stable parallel safe rows 1 as $$
    select cp.assigned,
           cp.assigned and cp.deleted_on is null and coalesce(v.status, p.status) <> 'inactive',
           case when r.named then array(
               select pr.rep from cee.partner_rep pr where pr.channel = cp.channel and pr.partner = cp.partner
               union
               select d.rep from cee.document d
               where d.partner = cp.partner and d.channel = cp.channel and d.origin = 'mobile' and d.rep is not null
                 and cee.is_sent(d.status_general, d.issue_date, partner_state.today, partner_state.history_days)
               order by 1)
           end
    from cee.channel_partner cp
    join cee.partner p on p.number = cp.partner
    left join lateral (
        select v.status from cee.partner_version v
        where v.partner = p.number and v.valid_from <= partner_state.today and v.status is not null
        order by v.valid_from desc limit 1) v on true
    left join lateral (
        select true as named from cee.partner_rep pr where pr.channel = cp.channel and pr.partner = cp.partner limit 1) r on true
    where cp.channel = partner_state.channel and cp.partner = partner_state.partner
    limit 1
$$;

-- The reps of a channel today. An employer that was the channel's organisation once and is another now has ended the
-- membership; one that never was is a mistake for the exporter to report (rep_employer_mismatch).
create function cee.reps_of(channel text, organisation text, today date) returns table (rep text)
language sql stable parallel safe rows 20 as $$
    select r.number
    from cee.rep_profile p
    join cee.rep r on r.number = p.rep
    where p.channel = reps_of.channel and r.sales_rep and cee.is_valid(r.valid_from, r.valid_to, reps_of.today)
      and (r.employer is not distinct from reps_of.organisation or reps_of.organisation <> all (r.former_employers))
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

-- Who receives a document: its maker, or, when it was born in CEE, `hq_reps`, and of these the partner's own if it names any.
create function cee.recipients(d cee.document, hq_reps text[]) returns table (reps text[])
language sql stable parallel safe rows 1 as $$
    select case
        when d.origin = 'mobile' then array_remove(array[d.rep], null)
        when not exists (select from cee.partner_rep pr where pr.channel = d.channel and pr.partner = d.partner) then hq_reps
        else array(select pr.rep from cee.partner_rep pr
                   where pr.channel = d.channel and pr.partner = d.partner and pr.rep = any (hq_reps) order by pr.rep)
    end
$$;
