"""A backfill goes on where it was ended, and alerts nobody."""

from pathlib import Path

import pytest

from pipeline.cli import backfill
from tests.connectors.loopback import answer, serving
from tests.pipeline.cli.conftest import Onrecord, opened
from tests.pipeline.feeds.test_backfill_sites import sitemap, story


@pytest.mark.slow
def test_an_interrupted_backfill_continues(onrecord: Onrecord, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONRECORD_FETCH__PRIVATE_ADDRESSES", "true")
    monkeypatch.setenv("ONRECORD_FETCH__PAUSE", "0s")
    monkeypatch.setattr("pipeline.feeds.backfill._BATCH", 1)
    keep = backfill._keep
    with serving() as site:
        pages = {f"/{number}": f"2026-02-0{number}" for number in (1, 2, 3)}
        site.routes["/sitemap.xml"] = answer(sitemap("url", *((site.url(path), date) for path, date in pages.items())))
        site.routes |= {path: answer(story(int(path[1:]), date)) for path, date in pages.items()}

        def ended(*arguments: object) -> None:
            keep(*arguments)  # type: ignore[arg-type]  # passed through as they are
            raise KeyboardInterrupt

        monkeypatch.setattr(backfill, "_keep", ended)
        command = ("feeds", "backfill", site.url("/sitemap.xml"), "--since", "2026-01-01")
        assert onrecord(*command).code == 130
        monkeypatch.setattr(backfill, "_keep", keep)
        again = onrecord(*command)
        assert (again.code, again.err) == (0, "pages read before: 1\n2 articles read\n")
        assert sum(path in pages for path in site.paths()) == 3
        assert onrecord(*command).err == "0 articles read\n"
    with opened(file) as services:
        assert services.outbox.listing() == []
    assert len(onrecord("search", "--in", "articles").rows) == 3


def test_impossible_backfills_are_refused(onrecord: Onrecord) -> None:
    assert "--since 'May' should be a day" in onrecord("feeds", "backfill", "https://x.example", "--since", "May").err
    assert onrecord("feeds", "backfill", "nowhere", "--since", "2026-01-01").code == 2
