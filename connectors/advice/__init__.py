"""Services that advise on alerts: `translators` translate statements, a `reviewer` judges uncertain alerts.

All are off by default. Their requests leave through the guarded client, which connects to a private address only if
the service's own setting allows it.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from pydantic import SecretStr
from pydantic_core import to_json

from connectors.http.client import HttpClient
from pipeline.errors import RefusedError, SettingsError, WorldError
from pipeline.settings import Fetch
from pipeline.text import clean
from pipeline.text.messages import one_line, shortened

_ABOUT_THE_SERVICE: Final = frozenset({401, 403, 404, 405, 408, 429, 456})  # 456: DeepL's quota is used up

_WHY: Final = 200  # characters of a service's explanation in an error message


def client(limits: Fetch, *, private: bool) -> HttpClient:
    """Return a client without logins that may connect to private addresses if `private` is true."""
    return HttpClient(limits.model_copy(update={"private_addresses": private, "logins": None}))


def key_of(secret: SecretStr | None, setting: str = "") -> str:
    """Return the key as text, '' without a key. SettingsError if no header can carry it."""
    key = secret.get_secret_value() if secret else ""
    if not (key.isascii() and key.isprintable()):
        raise SettingsError(f"{setting} has characters that no header can carry")
    return key


def ask(
    http: HttpClient, url: str, request: Mapping[str, Any], *, headers: Mapping[str, str], timeout: timedelta, key: str
) -> Any:
    """Post a request and return the decoded answer; errors never contain the key.

    RefusedError if the service cannot answer this request, WorldError if it answers no request now.
    """
    answer = http.post(url, to_json(request), {"content-type": "application/json", **headers}, timeout)
    if not 200 <= answer.status < 300:
        about_the_request = 400 <= answer.status < 500 and answer.status not in _ABOUT_THE_SERVICE
        kind = RefusedError if about_the_request else WorldError
        raise kind(f"{url} answers {answer.status}: {_why(answer.body, key)}")
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"{url} answers with {len(answer.body):,} bytes that are not JSON") from error


def text_at(answer: Any, url: str, *path: str | int) -> str:
    """Return the text at a path of keys and numbers in a decoded answer. RefusedError if it has none."""
    value = answer
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError) as error:
            raise RefusedError(f"{url} answers without {path[-1]!r}") from error
    if not isinstance(value, str) or not value.strip():
        raise RefusedError(f"{url} answers with no text in {path[-1]!r}")
    return clean(value)


def _why(body: bytes, key: str) -> str:
    text = body.decode(errors="replace")
    return shortened(one_line(text.replace(key, "…") if key else text), _WHY) or "no reason"
