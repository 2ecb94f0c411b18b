-- Snapshots that a run asked for: forced ones are downloaded again even where nothing differs; a cancelled one can go on where it was.
alter table ceebus.snapshot add column if not exists force bool not null default false;
alter table ceebus.snapshot add column if not exists stopped_in text;   -- the state in which it was cancelled
create index if not exists snapshot_run on ceebus.snapshot (run) where run is not null;
