"""Version 3: the polling state of a feed becomes a record of its own, which the poller alone writes."""

import json
from sqlite3 import Connection

_SUBSCRIPTION = ("url", "source", "title", "language", "full_text")  # fields of the user's record


def migrate(connection: Connection) -> None:
    """Divide every record of the noun "feed" in two; a feed that was never polled gets no state."""
    ids = [row[0] for row in connection.execute("SELECT id FROM desk WHERE noun = 'feed'")]
    for feed_id in ids:  # one by one, because ten thousand messages take 100 MB
        (body,) = connection.execute("SELECT body FROM desk WHERE noun = 'feed' AND id = ?", (feed_id,)).fetchone()
        fields = json.loads(body)["value"]
        feed = {name: fields[name] for name in _SUBSCRIPTION if name in fields}
        state = {"url": fields["url"]} | {name: value for name, value in fields.items() if name not in _SUBSCRIPTION}
        _put(connection, "feed", feed_id, "feed/1", feed)
        if "polled" in state:
            _put(connection, "feed-state", feed_id, "feed-state/1", state)


def _put(connection: Connection, noun: str, record_id: str, schema: str, value: dict[str, object]) -> None:
    message = json.dumps({"schema": schema, "value": value}, ensure_ascii=False, separators=(",", ":"))
    body = message.encode("utf-8", "surrogatepass")
    connection.execute("INSERT OR REPLACE INTO desk (noun, id, body) VALUES (?, ?, ?)", (noun, record_id, body))
