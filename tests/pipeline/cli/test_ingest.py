"""A long ingest that is ended half-way goes on where it was."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import ingest
from pipeline.model import Article
from pipeline.ports import ARTICLES
from tests.pipeline.cli.conftest import Onrecord, opened


def story(number: int) -> str:
    return json.dumps(
        {"url": f"https://courier.example/{number}", "text": f"“We stay,” said Ada Lindqvist in {number}."}
    )


def test_it_goes_on_where_it_was(onrecord: Onrecord, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "_EACH", 200)
    path = file.with_name("many.jsonl")
    path.write_text("\n".join(map(story, range(500))), encoding="utf-8")
    whole = ingest.articles

    def cut(*given: Any, **options: Any) -> Iterator[Article | Exception]:
        for number, one in enumerate(whole(*given, **options)):
            if number == 450:
                raise OSError("plug pulled")
            yield one

    monkeypatch.setattr(ingest, "articles", cut)
    assert onrecord("ingest", path).code != 0
    monkeypatch.setattr(ingest, "articles", whole)
    again = onrecord("ingest", path)
    assert again.code == 0
    assert f"{path} was read up to 400 before" in again.err
    with opened(file) as app:
        kept = app.log.read(ARTICLES, "test", 1_000)
    assert len({record.key for record in kept}) == 500
    assert len(kept) == 500
    once_more = onrecord("ingest", path)
    assert "before" not in once_more.err
