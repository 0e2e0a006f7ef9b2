"""Whatever stands where an address should be: it is refused by name, or left aside, and nothing else is raised."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.http import addresses
from connectors.http.robots import rules
from connectors.notify._post import checked
from pipeline import desk
from pipeline.errors import RefusedError, UsageError
from pipeline.feeds import discovery, schedule, websub
from pipeline.ingest import urls
from pipeline.ingest.identity import telling
from pipeline.model import Feed, FeedState, WebSubSubscription
from pipeline.model.feed import FeedItem, FeedLink
from pipeline.text import http, targets
from pipeline.web.dependencies import local_address

pytestmark = pytest.mark.timeout(3_600)  # for a long run

BASE = "https://courier.example/harbour"
ODD = st.text(alphabet="ab.-xn:[]@%0129/\\?# \t\n\ud800\udc80ßé。\uff0e１\u202e\0", max_size=12)
ADDRESSES = st.one_of(
    st.builds("https://{}/{}".format, ODD, ODD),
    st.builds("http://{}:{}".format, ODD, ODD),
    st.builds("https://xn--{}/".format, ODD),
    st.builds("https://{}.example/".format, st.text(alphabet="a.", min_size=50, max_size=300)),
    st.builds("//{}".format, ODD),
    st.text(max_size=30).map("https://".__add__),
    st.text(st.characters(), max_size=30),
)


def hostile(test: Any) -> Any:
    """The test with generated addresses, and those by which faults were met once."""
    for known in ("https://a..b/", "https://xn--", "https://\udc80/", "http:////7\\[.08:7", "https://xn--0\\-.[6/"):
        test = example(known)(test)
    return given(ADDRESSES)(test)


@hostile
def test_requests_go_to_addresses_alone(url: str) -> None:
    try:
        parts = addresses.parsed(url, private=False)
    except RefusedError as refusal:
        str(refusal).encode()
        assert "\n" not in str(refusal)
        return
    assert addresses.host_of(parts).encode("idna")
    assert parts.netloc.isascii()
    assert parts.raw_path.isascii()


@hostile
def test_redirects_lead_to_addresses_alone(url: str) -> None:
    location = url.encode("utf-8", "surrogatepass").decode("latin-1")
    try:
        addresses.joined(BASE, location).encode()
    except RefusedError as refusal:
        str(refusal).encode()


@hostile
def test_no_link_of_a_feed_or_page_raises(url: str) -> None:
    feed = FeedState(url=url, push=WebSubSubscription(hub=url, topic=url))
    schedule.host(feed)
    websub.discovered(WebSubSubscription(), url, url, url)
    discovery.ranked([FeedLink(url), FeedLink(f"https://{url}")], url)
    telling([FeedItem(url=url, title="T", text="t")], [url])
    http.joined(BASE, url)
    http.joined(url, "/feed")
    for own in (urls.canonical, urls.host, urls.site, urls.is_front, http.web_address, local_address):
        own(url)
    urls.named_by_page(url, BASE)
    urls.named_by_page(BASE, url)


@hostile
def test_targets_are_masked_or_refused(url: str) -> None:
    targets.masked(f"webhook:{url}")
    targets.receiver_key(f"webhook:{url}")
    for check in (lambda: checked(url, "webhook"), lambda: desk.check_feed(Feed(url=url))):
        try:
            check()
        except UsageError as refusal:
            str(refusal)


@given(st.text(alphabet="User-agentDislow:*/$ \nsitemap.xy0123\ud800", max_size=200))
def test_robots_rules_are_read(lines: str) -> None:
    rules(f"User-agent: *\nDisallow: {lines}".encode("utf-8", "replace"), BASE)
