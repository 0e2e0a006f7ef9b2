"""The job's knowledge of earlier revisions."""

import pytest

from pipeline.feeds import outgoing
from pipeline.ports import ARTICLES, Revision
from pipeline.run.beam.transforms import read_again
from pipeline.run.beam.worker_services import use
from pipeline.services import Services
from tests.examples import article, document

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]


def test_a_revision_is_read_from_the_log_and_from_the_index_once_it_has_left_the_log(services: Services) -> None:
    use(services.settings)
    services.log.append(ARTICLES, [outgoing.arrived(article())])
    there, gone = Revision("digest", 1, "articles/0/0"), Revision("digest", 1, "articles/0/7")
    result = read_again(article().id, there)
    assert result
    assert (result.article, result.origin) == (article(), there.origin)
    assert read_again(article().id, gone) is None
    services.index.add([document()])
    assert read_again(article().id, gone) == document()
