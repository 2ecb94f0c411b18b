-- name: ours
-- Whether our schema is there.
select to_regclass('ceebus.feed') is not null and to_regclass('ceebus.device') is not null

-- name: beside_cee
-- Whether what commits with CEE's data is there.
select to_regclass('ceebus.outbox') is not null and to_regclass('ceebus.published') is not null

-- name: views
-- Whether CEE offers the nine views and the channels.
select count(*) = 10 from unnest(array['mobile_channels', 'master_data', 'sales_reps', 'partners', 'articles', 'article_categories', 'availability',
                                       'price_lists', 'sales_documents', 'attachments']) as v(name) where to_regclass('cee.' || v.name) is not null
