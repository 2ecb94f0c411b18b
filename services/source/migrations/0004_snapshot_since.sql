-- What a snapshot has read carries a higher version than this: only what is older can be gone from CEE without anybody having said so.
alter table ceebus.snapshot add column if not exists since_version bigint;
