"""A long ingest that is ended half-way goes on where it was."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import articles
from pipeline.model import Article
from pipeline.ports import ARTICLES
from tests.pipeline.cli.conftest import Onrecord, opened


def story(number: int) -> str:
    return json.dumps(
        {"url": f"https://courier.example/{number}", "text": f"“We stay,” said Ada Lindqvist in {number}."}
    )


def ended(onrecord: Onrecord, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ingest that ends after 450 articles."""
    whole = articles.articles

    def cut(*given: Any, **options: Any) -> Iterator[Article | Exception]:
        for number, one in enumerate(whole(*given, **options)):
            if number == 450:
                raise OSError("plug pulled")
            yield one

    with monkeypatch.context() as patched:
        patched.setattr(articles, "_EACH", 200)
        patched.setattr(articles, "articles", cut)
        assert onrecord("ingest", path).code != 0


def kept(file: Path) -> list[str]:
    with opened(file) as services:
        return [record.key for record in services.log.read(ARTICLES, "test", 2_000)]


@pytest.mark.slow
def test_an_interrupted_import_continues(onrecord: Onrecord, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file.with_name("many.jsonl")
    path.write_text("\n".join(map(story, range(500))), encoding="utf-8")
    ended(onrecord, path, monkeypatch)
    again = onrecord("ingest", path)
    assert again.code == 0
    assert f"{path}: continuing after 400 articles" in again.err
    assert len(kept(file)) == len(set(kept(file))) == 500
    once_more = onrecord("ingest", path)
    assert "before" not in once_more.err


def test_a_changed_folder_is_read_again(
    onrecord: Onrecord, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "archive" / "2026"
    inner.mkdir(parents=True)
    (inner / "many.jsonl").write_text("\n".join(map(story, range(500))), encoding="utf-8")
    ended(onrecord, inner.parent, monkeypatch)
    (inner / "earlier.jsonl").write_text(story(999), encoding="utf-8")
    again = onrecord("ingest", inner.parent)
    assert "before" not in again.err
    assert len(set(kept(file))) == 501


def test_articles_of_a_file_are_decided_in_the_order_of_publication(onrecord: Onrecord, file: Path) -> None:
    path = file.with_name("mixed.jsonl")
    days = [
        {"url": f"https://courier.example/{n}", "text": f"Day {n}.", "published": f"2026-02-0{n}"} for n in (3, 1, 2)
    ]
    path.write_text("\n".join(map(json.dumps, days)), encoding="utf-8")
    assert onrecord("ingest", path).code == 0
    with opened(file) as services:
        texts = [json.loads(record.value)["value"]["text"] for record in services.log.read(ARTICLES, "test", 9)]
    assert texts == ["Day 1.", "Day 2.", "Day 3."]
