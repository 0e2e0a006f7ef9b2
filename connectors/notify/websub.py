"""Notices to a WebSub hub that the feed of a watch has news; the hub then pushes the feed to its subscribers.

A watch that delivers to "websub:HUB" names the hub in its feeds. The hub must be able to read them at `web.address`.
https://www.w3.org/TR/websub/#publishing
"""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from connectors.http.client import HttpClient
from connectors.notify._post import checked, post
from pipeline.errors import SettingsError
from pipeline.model import Delivery
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Hub:
    """Names the feeds of a delivery's watches to a hub."""

    url: str
    settings: Settings
    outside: HttpClient

    def send(self, delivery: Delivery) -> None:
        """Name every feed in one request; see `Notifier`. A repeated request does no harm."""
        feeds = f"{self.settings.web.address.rstrip('/')}/feeds/watches"
        watches = dict.fromkeys(quote(alert.watch_id, safe="") for alert in delivery.alerts)
        topics = [f"{feeds}/{watch}.{form}" for watch in watches for form in ("atom", "json")]
        # Hubs of version 0.4 know "hub.url" alone.
        fields = [("hub.mode", "publish"), *((name, topic) for topic in topics for name in ("hub.topic", "hub.url"))]
        headers = {"content-type": "application/x-www-form-urlencoded"}
        post(self.outside, self.url, urlencode(fields).encode(), headers, self.settings.webhook.timeout)


def connect(address: str, settings: Settings, outside: HttpClient) -> Hub:
    """Return the hub at this address. SettingsError without an address at which it can read our feeds."""
    if not settings.web.address:
        raise SettingsError("web.address is not set: a hub reads the feeds of watches there")
    return Hub(checked(address, "websub"), settings, outside)
