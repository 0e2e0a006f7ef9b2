"""An article is shown in its revisions, and what changed between them."""

import json
from pathlib import Path

from tests import examples
from tests.pipeline.cli.conftest import Onrecord, opened

ARTICLE = examples.article()


def test_an_article_is_shown_with_its_changes(onrecord: Onrecord, filled: Path) -> None:
    with opened(filled) as services:
        services.index.add(
            [examples.document(examples.article(text=f"{examples.TEXT} The council agreed.", revision=2))]
        )
    shown = onrecord("articles", "show", ARTICLE.id)
    assert "The council agreed." in shown.out
    assert "The council agreed." not in onrecord("articles", "show", ARTICLE.id, "--revision", 1).out
    assert len(json.loads(onrecord("articles", "show", ARTICLE.id, "--json").out)) == 2
    ((_, revision, part, before, after, _, _),) = onrecord("articles", "changes", ARTICLE.id).rows
    assert (revision, part, before, after) == ("2", "text", "", "The council agreed.")
    (change,) = json.loads(onrecord("articles", "changes", ARTICLE.id, "--json").out)
    assert change["later"] == 2


def test_articles_are_shown_for_a_terminal(onrecord: Onrecord, filled: Path, on_terminal: None) -> None:
    with opened(filled) as services:
        later = examples.TEXT.replace("Monday", "Tuesday")
        services.index.add([examples.document(examples.article(text=later, revision=2))])
    assert "[-Monday-] \x1b[1m{+Tuesday+}" in onrecord("articles", "changes", ARTICLE.id).out


def test_unknown_articles_are_refused(onrecord: Onrecord, filled: Path) -> None:
    assert "'x' does not exist" in onrecord("articles", "show", "x").err
    assert "has no revision 7" in onrecord("articles", "show", ARTICLE.id, "--revision", 7).err
    assert "never changed" in onrecord("articles", "changes", ARTICLE.id).err
