-- Several rows' dependents may be left at a time, beside changes that came later.
comment on column ceebus.source_cursor.expand is 'the dependents still to be published of rows that were taken: a list';
update ceebus.source_cursor set expand = jsonb_build_array(expand) where jsonb_typeof(expand) = 'object';
-- Which channels were published is asked every few seconds: without it that read everything ever published.
create index if not exists published_channels on ceebus.published (key) where kind = 'channels';
