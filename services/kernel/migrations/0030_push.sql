-- The push side: clients of the back-office app, and files that were uploaded.

-- A back-office app's access to one channel. The token itself is shown once and kept nowhere.
create table ceebus.client (
    id           text collate "C" primary key,
    channel      text collate "C" not null,
    name         text not null,
    token_hash   bytea not null unique,
    created_at   timestamptz not null default now(),
    revoked_at   timestamptz,
    last_used_at timestamptz
);

-- A content in the blob store, and the object it was uploaded for. Two senders of one object do not get into each other's way.
create table ceebus.upload_file (
    channel   text collate "C" not null,
    source_id uuid not null,
    sha256    text collate "C" not null check (sha256 ~ '^[0-9a-f]{64}$'),
    size      int not null,
    filename  text not null,
    sender    text collate "C" not null,
    at        timestamptz not null default now(),
    primary key (channel, source_id, sha256, sender)
);
create index upload_file_content on ceebus.upload_file (channel, sha256);
