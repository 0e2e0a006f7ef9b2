"""Hostile JSON, CSV and subtitles: kinds of attack, crossed with the formats that are written in them."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from tests.hostile.body import Hostile, Task, filled, rotated

# In each format, an object with `%s` in the place of a value.
JSON: Final[dict[str, tuple[Task, str]]] = {
    "a JSON feed": ("feed", '{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","content_html":%s}]}'),
    "the items of a JSON feed": ("feed", '{"items":%s}'),
    "an article": ("records", '{"title":"t","text":%s}'),
    "the authors of an article": ("records", '{"title":"t","text":"x","authors":%s}'),
    "a list of articles": ("records", '[{"title":"t"},%s]'),
    "people of Popolo": ("people", '{"persons":[{"name":"Ada Lindqvist","other_names":%s}]}'),
    "memberships of Popolo": ("people", '{"persons":[{"id":"a","name":"Ada Lindqvist"}],"memberships":%s}'),
    "entities of Wikidata": (
        "people",
        '{"entities":{"Q1":{"labels":{"en":{"value":"Ada Lindqvist"}},"claims":{"P31":[{"mainsnak":{"datavalue":'
        '{"value":{"id":"Q5"}}}}],"P39":%s}}}}',
    ),
}


def _json_kinds() -> Iterator[tuple[str, Callable[[], str]]]:
    yield "100,000 levels", lambda: "[" * 100_000 + "]" * 100_000
    yield "100,000 levels of objects", lambda: '{"a":' * 100_000 + "1" + "}" * 100_000
    yield "100,000 levels, cut", lambda: "[" * 100_000
    yield "4,000 digits", lambda: "1" * 4_000
    yield "1,000,000 digits", lambda: "1" * 1_000_000
    yield "an exponent of nine digits", lambda: "1e999999999"
    yield "no number", lambda: "[NaN,Infinity,-Infinity]"
    yield "500,000 numbers", lambda: json.dumps([1] * 500_000)
    yield "300,000 objects", lambda: json.dumps([{"id": 1}] * 300_000)
    yield "300,000 texts", lambda: json.dumps([str(n) for n in range(300_000)])
    yield "500,000 keys", lambda: json.dumps({str(n): 1 for n in range(500_000)})
    yield "500,000 same keys", lambda: "{" + '"id":1,' * 500_000 + '"id":2}'
    yield "a key of 5 MB", lambda: json.dumps({"k" * 5_000_000: 1})
    yield "a text of 10 MB", lambda: json.dumps("x" * 10_000_000)
    yield "a text of 4 MB of <", lambda: json.dumps("<b" * 2_000_000)
    yield "a text of escapes", lambda: '"' + "\\u0041" * 800_000 + '"'
    yield "half surrogates", lambda: '"' + "\\ud800" * 300_000 + '"'
    yield "accents", lambda: json.dumps("a" + "\u0301\u0316" * 500_000, ensure_ascii=False)
    yield "ligatures", lambda: json.dumps("\ufdfa" * 300_000, ensure_ascii=False)
    yield "wrong types", lambda: json.dumps([None, 1, [], {"url": [], "title": {}, "authors": 7, "name": []}, True])
    yield "names by the thousand", lambda: json.dumps([{"name": f"Name {n}"} for n in range(100_000)])
    yield "bytes that are no text", lambda: '"' + "\udcff" * 1_000_000 + '"'


def _tables() -> Iterator[tuple[str, Callable[[], str]]]:
    yield "30,000 people", lambda: "name\n" + "".join(f"Ada Number{n}\n" for n in range(30_000))
    yield (
        "20,000 people of one name",
        lambda: "name,wikidata\n" + "".join(f"Ada Berg,Q{n + 1}\n" for n in range(20_000)),
    )
    yield "a name of 5 MB", lambda: "name\n" + "n" * 5_000_000
    yield "100,000 names of one person", lambda: "name,aliases\nAda," + ";".join(f"Ada {n}" for n in range(100_000))
    yield "100,000 offices", lambda: "name,role\nAda," + ";".join(f"mayor {n}" for n in range(10_000))
    yield (
        "one person in 100,000 lines",
        lambda: "name,role\n" + "".join(f"Ada Berg,mayor {n}\n" for n in range(100_000)),
    )
    yield "one party in 20,000 lines", lambda: "name,party\n" + "".join(f"Ada Nr{n},Green\n" for n in range(20_000))
    yield "200,000 columns", lambda: ",".join(f"c{n}" for n in range(200_000)) + "\n" + "1," * 200_000
    yield "a quotation mark without end", lambda: 'name\n"' + "a\n" * 1_000_000
    yield "1 MB of quotation marks", lambda: "name\n" + '"' * 1_000_000
    yield "separators of all kinds", lambda: "name" + ",;\t" * 1_000_000
    yield "quoted cells of a sniffer", lambda: "name,x\n" + '"a,"' * 1_000 + "\n" + "'" * 4_000
    yield "2,000 lines of quotes", lambda: "name\n" + ("'a'," * 500 + "\n") * 2_000
    yield "3,000,000 empty lines", lambda: "name\n" + "\n" * 3_000_000
    yield "1,000,000 lines of commas", lambda: "name,b\n" + ",\n" * 1_000_000
    yield "NUL", lambda: "name\n" + "\0" * 1_000_000
    yield "days that are none", lambda: "name,start\n" + "Ada,9999-99-99\n" * 100_000
    yield "a day of 1 MB", lambda: "name,start\nAda," + "2026-" * 200_000
    yield "accents", lambda: "name\n" + "a" + "\u0301\u0316" * 500_000
    yield "a title that is a formula", lambda: "name,role\n=cmd|'/c calc'!A1,@SUM(1)\n"


def _subtitles() -> Iterator[tuple[str, Callable[[], str]]]:
    cue = "00:00:01.000 --> 00:00:02.000\n"
    yield "200,000 cues", lambda: "WEBVTT\n\n" + f"{cue}Words.\n\n" * 200_000
    yield "a cue of 500,000 lines", lambda: f"WEBVTT\n\n{cue}" + "words\n" * 500_000
    yield "a line of 10 MB", lambda: f"WEBVTT\n\n{cue}" + "w" * 10_000_000
    yield "1 MB of <", lambda: f"WEBVTT\n\n{cue}" + "<" * 1_000_000
    yield "1 MB of <v", lambda: f"WEBVTT\n\n{cue}" + "<v " * 300_000
    yield "1 MB of <v.a.a", lambda: f"WEBVTT\n\n{cue}" + "<v.a.a" * 200_000
    yield "a voice without end", lambda: f"WEBVTT\n\n{cue}<v" + " a" * 500_000
    yield "200,000 voices", lambda: f"WEBVTT\n\n{cue}" + "<v Ada>words</v>" * 200_000
    yield "200,000 speakers", lambda: "WEBVTT\n\n" + "".join(f"{cue}Ada {n}: Words.\n\n" for n in range(100_000))
    yield "1 MB of colons", lambda: f"WEBVTT\n\n{cue}" + "Ada: " * 200_000
    yield "5 MB of blanks", lambda: f"WEBVTT\n\n{cue}" + " " * 5_000_000
    yield "5 MB of blank lines", lambda: f"WEBVTT\n\n{cue}" + "\n \t" * 1_600_000
    yield "5 MB of carriage returns", lambda: f"WEBVTT\n\n{cue}" + "\r" * 5_000_000
    yield "times in times", lambda: cue.strip() * 200_000
    yield "a time of 1 MB", lambda: "0" * 1_000_000 + ":00:00,000 --> 00:00:01,000\nWords"
    yield "a time behind 1 MB of blanks", lambda: " " * 1_000_000 + cue + "Words"
    yield "accents", lambda: f"WEBVTT\n\n{cue}a" + "\u0301\u0316" * 500_000
    yield "NUL", lambda: f"WEBVTT\n\n{cue}" + "\0" * 1_000_000
    yield "a sentence without end", lambda: "WEBVTT\n\n" + f"{cue}words that go on\n\n" * 100_000


def bodies() -> Iterator[Hostile]:
    """Each kind of JSON in three formats, and tables and subtitles."""
    for number, (kind, make) in enumerate(_json_kinds()):
        for format_name in rotated(JSON, number, 3):
            task, template = JSON[format_name]
            yield Hostile(f"{kind} in {format_name}", task, partial(filled, template, make))
    for name, make in _tables():
        yield Hostile(f"a table of {name}", "people", partial(filled, "%s", make))
    for name, make in _subtitles():
        yield Hostile(f"subtitles of {name}", "subtitles", partial(filled, "%s", make))
