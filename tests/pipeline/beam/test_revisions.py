"""What the job knows of earlier revisions."""

import pytest

from pipeline import steps
from pipeline.app import App
from pipeline.beam.doors import use
from pipeline.beam.transforms import read_again
from pipeline.ports import ARTICLES, Revision
from tests.examples import article, document

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]


def test_a_revision_is_read_from_the_log_and_from_the_index_once_it_has_left_the_log(app: App) -> None:
    use(app.settings)
    app.log.append(ARTICLES, [steps.arrived(article())])
    there, gone = Revision("digest", 1, "articles/0/0"), Revision("digest", 1, "articles/0/7")
    found = read_again(article().id, there)
    assert found
    assert (found.article, found.origin) == (article(), there.origin)
    assert read_again(article().id, gone) is None
    app.index.add([document()])
    assert read_again(article().id, gone) == document()
