-- A device's own database. WAL: a crash in the middle of a page or of the switch leaves what was committed before.

create table if not exists meta (name text primary key, value text) without rowid;

-- What the rep works with: changed only by the switch at a complete download.
create table if not exists row (
    kind text, key text, op text, version integer, hash text, body blob,
    primary key (kind, key)
) without rowid;

-- Pages on their way. merge: a deactivation whose stub fields go over the row the device has.
create table if not exists staged (
    kind text, key text, op text, version integer, hash text, body blob, needs text, merge integer, changed_at text,
    primary key (kind, key)
) without rowid;

-- Which rows must be there for a row to make sense (domain.md 5).
create table if not exists need (
    kind text, key text, parent_kind text, parent_key text,
    primary key (kind, key, parent_kind, parent_key)
) without rowid;
create index if not exists need_parent on need (parent_kind, parent_key);

-- Everything that ever changed here, in order; position: the feed's position of the cut; at: ms since 1970.
create table if not exists applied (
    seq integer primary key, kind text, key text, op text, version integer, hash text, position integer, changed_at text, at integer
);

-- What became of uploads, as the feed says it: kept beside the data, no download replaces it.
create table if not exists result (
    key text primary key, source_id text, revision integer, upload_id text, attempt integer, final integer, outcome text, body text
) without rowid;

-- Uploads. state: new; sent (the answer is not known); accepted or refused by the gateway; waiting, final (an answer has come).
-- born: the object was made here. confirmed: it has come back as CEE's, so the local one is shown no more.
create table if not exists outbox (
    seq integer primary key, kind text, source_id text, revision integer, body text, state text, upload_id text,
    outcome text, code text, number text, born integer, confirmed integer default 0,
    unique (kind, source_id, revision)
);
create index if not exists outbox_source on outbox (source_id);

-- Contents on their way to the gateway. url: where the upload goes on; state: new, stored or refused.
create table if not exists upload_file (
    source_id text, sha256 text, filename text, url text, state text, code text,
    primary key (source_id, sha256)
) without rowid;
