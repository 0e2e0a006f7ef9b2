"""Records on their way between steps."""

from dataclasses import replace

import pytest

from pipeline.ports import QUOTES, Record
from pipeline.run.beam.records import RecordCoder
from tests.examples import NOON

pytestmark = pytest.mark.servers  # Beam comes with the extra

RECORD = Record(
    QUOTES, 3, 7_000_000_000, NOON.replace(microsecond=1), "ada", b"\x00 value \xff", {"schema": "report/1"}
)


@pytest.mark.parametrize(
    "record", [RECORD, replace(RECORD, key="", value=b"", headers={}), replace(RECORD, key="\ud800 é")]
)
def test_what_is_packed_comes_out_as_it_was(record: Record) -> None:
    assert RecordCoder().decode(RecordCoder().encode(record)) == record
