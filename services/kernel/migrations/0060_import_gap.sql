-- Uploads that the log lost before the importer had read them: from the offset that it wanted to the one where it goes on.
create table ceebus.import_gap (
    channel         text collate "C" not null,
    kind            text collate "C" not null,
    topic           text collate "C" not null,
    topic_partition int not null,
    from_offset     bigint not null,
    to_offset       bigint not null,
    at              timestamptz not null default now(),
    primary key (topic, topic_partition, from_offset)
);
