"""Readers of files, and writers of exports and evidence.

`reader` yields the articles of files of any kind: `records` those of JSON, `documents` those of mails, transcripts and
PDF, `warc` those of web archives; `folder` follows a folder as a feed. `lists` reads OPML and lists of people, whose
`columns` it recognises. `tables` exports the record, and `evidence` keeps what articles were read from.
"""
