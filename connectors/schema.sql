-- Tables of the one file. Times are microseconds since 1970; bodies are messages of the wire format.

CREATE TABLE topics (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    partitions INTEGER NOT NULL
);

CREATE TABLE records (
    number INTEGER PRIMARY KEY,
    topic INTEGER NOT NULL REFERENCES topics,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    headers TEXT NOT NULL
);

CREATE UNIQUE INDEX records_by_offset ON records (topic, partition, offset);

CREATE TABLE commits (
    consumers TEXT NOT NULL,
    topic INTEGER NOT NULL REFERENCES topics,
    partition INTEGER NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (consumers, topic, partition)
) WITHOUT ROWID;

CREATE TABLE desk (
    noun TEXT NOT NULL,
    id TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (noun, id)
) WITHOUT ROWID;

CREATE TABLE desk_versions (
    noun TEXT PRIMARY KEY,
    version INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    next_try INTEGER NOT NULL,
    created INTEGER NOT NULL,
    body BLOB NOT NULL
);

CREATE INDEX deliveries_by_state ON deliveries (state, created, id);

CREATE TABLE documents (
    article TEXT NOT NULL,
    revision INTEGER NOT NULL,
    digest TEXT NOT NULL,
    origin TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (article, revision)
);

CREATE TABLE decisions (
    quote TEXT PRIMARY KEY,
    statement TEXT NOT NULL,
    speaker TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    body BLOB NOT NULL
);

CREATE INDEX decisions_by_statement ON decisions (statement, offset);

CREATE INDEX decisions_by_speaker ON decisions (speaker, first_seen);
