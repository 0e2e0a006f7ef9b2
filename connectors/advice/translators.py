"""Translations by LibreTranslate, which can run on your own machine, or by DeepL.

https://docs.libretranslate.com/guides/api_usage
https://developers.deepl.com/api-reference/translate
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from connectors.advice import ask, client, key_of, text_at
from connectors.http.client import HttpClient
from pipeline.errors import SettingsError
from pipeline.model import Translation
from pipeline.settings import Settings, Translate

_CODES: Final = {"no": "nb"}  # both services call Norwegian by the name of its written form

_FREE_KEYS: Final = ":fx"  # the end of keys for DeepL's free interface


@dataclass(frozen=True, slots=True)
class LibreTranslate:
    """Translates through the interface of LibreTranslate."""

    settings: Translate
    http: HttpClient

    def translate(self, text: str, language: str, timeout: timedelta) -> Translation:
        """Translate a text; see `Translator`."""
        url, key = f"{self.settings.address.rstrip('/')}/translate", key_of(self.settings.key)
        request = {
            "q": text,
            "source": _CODES.get(language, language) or "auto",
            "target": _CODES.get(self.settings.language, self.settings.language),
            "format": "text",
            **({"api_key": key} if key else {}),
        }
        answer = ask(self.http, url, request, headers={}, timeout=timeout, key=key)
        return Translation(text_at(answer, url, "translatedText"), self.settings.language, "LibreTranslate")


@dataclass(frozen=True, slots=True)
class DeepL:
    """Translates through the interface of DeepL."""

    settings: Translate
    http: HttpClient

    def translate(self, text: str, language: str, timeout: timedelta) -> Translation:
        """Translate a text; see `Translator`. DeepL detects the language if it is unknown."""
        key = key_of(self.settings.key)
        address = self.settings.address or f"https://api{'-free' * key.endswith(_FREE_KEYS)}.deepl.com"
        url = f"{address.rstrip('/')}/v2/translate"
        source = {"source_lang": _CODES.get(language, language).upper()} if language else {}
        target = _CODES.get(self.settings.language, self.settings.language).upper()
        request: Mapping[str, Any] = {"text": [text], "target_lang": target, **source}
        headers = {"authorization": f"DeepL-Auth-Key {key}"}
        answer = ask(self.http, url, request, headers=headers, timeout=timeout, key=key)
        return Translation(text_at(answer, url, "translations", 0, "text"), self.settings.language, "DeepL")


_SERVICES: Final[Mapping[str, Callable[[Translate, HttpClient], LibreTranslate | DeepL]]] = {
    "libretranslate": LibreTranslate,
    "deepl": DeepL,
}


def connect(settings: Settings) -> LibreTranslate | DeepL | None:
    """Return the translator of the settings, or None. SettingsError if a setting that it needs is missing."""
    wanted = settings.translate
    if not wanted.service:
        return None
    if wanted.service == "libretranslate" and not wanted.address:
        raise SettingsError("translate.address is not set: LibreTranslate runs at an address of its own")
    if wanted.service == "deepl" and not wanted.key:
        raise SettingsError("translate.key is not set: DeepL needs a key")
    key_of(wanted.key, "translate.key")
    return _SERVICES[wanted.service](wanted, client(settings.fetch, private=wanted.private_addresses))
