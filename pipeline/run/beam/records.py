"""The coder of log records between steps."""

from datetime import timedelta
from typing import Final

from apache_beam.coders import Coder, FastPrimitivesCoder

from pipeline.model import EPOCH
from pipeline.ports import Record

_PLAIN: Final = FastPrimitivesCoder().get_impl()

_MICROSECOND: Final = timedelta(microseconds=1)


class RecordCoder(Coder):
    """Codes a record as a tuple of plain values, which is much faster than pickling a dataclass."""

    def encode(self, record: Record) -> bytes:
        """As in `Coder`."""
        headers = {name: _bytes(value) for name, value in record.headers.items()}
        time = (record.timestamp - EPOCH) // _MICROSECOND
        plain = (record.topic, record.partition, record.offset, time, _bytes(record.key), record.value, headers)
        return bytes(_PLAIN.encode(plain))

    def decode(self, encoded: bytes) -> Record:
        """As in `Coder`."""
        topic, partition, offset, time, key, value, headers = _PLAIN.decode(encoded)
        return Record(
            topic=topic,
            partition=partition,
            offset=offset,
            timestamp=EPOCH + time * _MICROSECOND,
            key=_text(key),
            value=value,
            headers={name: _text(value) for name, value in headers.items()},
        )

    def is_deterministic(self) -> bool:
        """Return False, because equal records may have their headers in a different order."""
        return False


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(encoded: bytes) -> str:
    return encoded.decode("utf-8", "surrogatepass")
