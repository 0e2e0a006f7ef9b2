"""What the job keeps of a speaker, as the runner holds it."""

import pytest

from pipeline.codec import encode
from tests import examples

pytestmark = pytest.mark.servers


def test_an_entry_is_much_smaller_than_its_message_and_gives_it_back() -> None:
    from pipeline.run.beam.state_cache import packed, unpacked

    message = encode(examples.decision(examples.report()))
    assert len(packed(message)) < 0.6 * len(message)
    assert unpacked(packed(message)) == message


def test_an_entry_of_an_earlier_version_is_the_message() -> None:
    from pipeline.run.beam.state_cache import unpacked

    message = encode(examples.decision(examples.report()))
    assert unpacked(message) == message
