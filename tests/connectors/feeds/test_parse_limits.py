"""Limits that publishers set in a feed's body are obeyed, and impossible values are ignored."""

import pytest

from connectors.feeds.parse import polling_limits
from pipeline.model import PublisherLimits
from tests.connectors.feeds.sources import item, rss


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", PublisherLimits()),
        ("<ttl>60</ttl>", PublisherLimits(pause=3600)),
        ("<TTL> 5 </TTL>", PublisherLimits(pause=300)),
        ("<ttl>0</ttl>", PublisherLimits()),
        ("<ttl>soon</ttl><ttl>-5</ttl>", PublisherLimits()),
        ("<ttl>9999999</ttl>", PublisherLimits(pause=31_536_000)),
        ("<sy:updatePeriod> hourly </sy:updatePeriod>", PublisherLimits(pause=3600)),
        (
            "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
            PublisherLimits(pause=21_600),
        ),
        (
            "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>",
            PublisherLimits(pause=86_400),
        ),
        ("<sy:updatePeriod>often</sy:updatePeriod>", PublisherLimits()),
        ("<sy:updateFrequency>2</sy:updateFrequency>", PublisherLimits()),
        ("<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", PublisherLimits(pause=3600)),
        (
            "<skipHours><hour>3</hour> <hour>24</hour><hour>31</hour><hour>3</hour></skipHours>",
            PublisherLimits(hours=(0, 3)),
        ),
        ("<skipDays><day>Sunday</day><day>saturday</day><day>Caturday</day></skipDays>", PublisherLimits(days=(5, 6))),
        ("<skipHours><hour>3</hour>", PublisherLimits()),
    ],
)
def test_polling_limits_of_a_publisher(head: str, expected: PublisherLimits) -> None:
    assert polling_limits(rss(head=head)) == expected
    assert polling_limits(rss(item(1), item(2), head=head)) == expected


def test_limits_inside_an_item_do_not_count() -> None:
    assert polling_limits(rss(item(1, description="<![CDATA[<ttl>60</ttl>]]>"))) == PublisherLimits()


def test_limits_after_the_items_count_too() -> None:
    assert polling_limits(rss(item(1)).replace("</channel>", "<ttl>7</ttl></channel>")) == PublisherLimits(pause=420)


@pytest.mark.slow
def test_megabytes_of_tags_take_no_time() -> None:
    assert polling_limits("<skipHours>" * 200_000 + "<hour>" * 200_000 + "<ttl>" * 200_000) == PublisherLimits()
