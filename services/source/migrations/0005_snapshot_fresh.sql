-- Nothing of the kind had been published when the snapshot began: what it publishes itself can't be gone without anybody having said so.
alter table ceebus.snapshot add column if not exists fresh bool not null default false;
