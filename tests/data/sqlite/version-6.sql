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
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    next_try INTEGER NOT NULL,
    created INTEGER NOT NULL,
    body BLOB NOT NULL
);

CREATE INDEX deliveries_by_state ON deliveries (state, created, number);

CREATE TABLE documents (
    number INTEGER PRIMARY KEY,
    article TEXT NOT NULL,
    revision INTEGER NOT NULL,
    digest TEXT NOT NULL,
    origin TEXT NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (article, revision)
);

CREATE TABLE decisions (
    number INTEGER PRIMARY KEY,
    quote TEXT NOT NULL UNIQUE,
    article TEXT NOT NULL,
    statement TEXT NOT NULL,
    speaker TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    body BLOB NOT NULL
);

CREATE INDEX decisions_by_statement ON decisions (statement, offset, article);

CREATE INDEX decisions_by_speaker ON decisions (speaker, first_seen);

-- What a search counts: each combination that an article, quote or statement has.
CREATE TABLE facets (
    number INTEGER PRIMARY KEY,
    speaker TEXT NOT NULL,
    source TEXT NOT NULL,
    lang TEXT NOT NULL,
    kind TEXT NOT NULL,
    said TEXT NOT NULL,
    source_kind TEXT NOT NULL,
    verdict TEXT NOT NULL,
    UNIQUE (speaker, source, lang, kind, said, source_kind, verdict)
);

-- What can be found. `row` grows with the time published (or else first seen), so the newest are read without sorting; `body` is the number
-- of the document (articles, quotes) or decision (statements), `place` the quote's among those of its document; `dated`
-- is that time. The words are as pipeline.text.words cuts them, and FTS5 keeps them, so
-- that they can be taken out whatever that function has become since. `stems` are those of title and text.

CREATE TABLE articles (
    row INTEGER PRIMARY KEY,
    body INTEGER NOT NULL,
    place INTEGER NOT NULL,
    dated INTEGER NOT NULL,
    facet INTEGER NOT NULL REFERENCES facets
);

CREATE INDEX articles_by_body ON articles (body);

CREATE INDEX articles_by_date ON articles (dated);

CREATE VIRTUAL TABLE articles_words USING fts5 (
    title, text, stems, speaker, about, source, lang, kind, said, source_kind, verdict, every,
    tokenize = "ascii tokenchars '_'"
);

CREATE TABLE quotes (
    row INTEGER PRIMARY KEY,
    body INTEGER NOT NULL,
    place INTEGER NOT NULL,
    dated INTEGER NOT NULL,
    facet INTEGER NOT NULL REFERENCES facets
);

CREATE INDEX quotes_by_body ON quotes (body);

CREATE INDEX quotes_by_date ON quotes (dated);

CREATE VIRTUAL TABLE quotes_words USING fts5 (
    title, text, stems, speaker, about, source, lang, kind, said, source_kind, verdict, every,
    tokenize = "ascii tokenchars '_'"
);

CREATE TABLE statements (
    row INTEGER PRIMARY KEY,
    body INTEGER NOT NULL,
    place INTEGER NOT NULL,
    dated INTEGER NOT NULL,
    facet INTEGER NOT NULL REFERENCES facets
);

CREATE INDEX statements_by_body ON statements (body);

CREATE INDEX statements_by_date ON statements (dated);

CREATE VIRTUAL TABLE statements_words USING fts5 (
    title, text, stems, speaker, about, source, lang, kind, said, source_kind, verdict, every,
    tokenize = "ascii tokenchars '_'"
);
