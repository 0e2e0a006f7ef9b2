"""What publishers ask for in the body is understood; what cannot be meant is not."""

import pytest

from connectors.feeds.asked import asked
from pipeline.model import Asked
from tests.connectors.feeds.sources import item, rss


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", Asked()),
        ("<ttl>60</ttl>", Asked(pause=3600)),
        ("<TTL> 5 </TTL>", Asked(pause=300)),
        ("<ttl>0</ttl>", Asked()),
        ("<ttl>soon</ttl><ttl>-5</ttl>", Asked()),
        ("<ttl>9999999</ttl>", Asked(pause=31_536_000)),
        ("<sy:updatePeriod> hourly </sy:updatePeriod>", Asked(pause=3600)),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", Asked(pause=21_600)),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", Asked(pause=86_400)),
        ("<sy:updatePeriod>often</sy:updatePeriod>", Asked()),
        ("<sy:updateFrequency>2</sy:updateFrequency>", Asked()),
        ("<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", Asked(pause=3600)),
        ("<skipHours><hour>3</hour> <hour>24</hour><hour>31</hour><hour>3</hour></skipHours>", Asked(hours=(0, 3))),
        ("<skipDays><day>Sunday</day><day>saturday</day><day>Caturday</day></skipDays>", Asked(days=(5, 6))),
        ("<skipHours><hour>3</hour>", Asked()),
    ],
)
def test_what_is_asked(head: str, expected: Asked) -> None:
    assert asked(rss(head=head)) == expected
    assert asked(rss(item(1), item(2), head=head)) == expected


def test_what_an_article_says_is_not_asked_by_the_feed() -> None:
    assert asked(rss(item(1, description="<![CDATA[<ttl>60</ttl>]]>"))) == Asked()


def test_what_is_asked_after_the_items_counts_too() -> None:
    assert asked(rss(item(1)).replace("</channel>", "<ttl>7</ttl></channel>")) == Asked(pause=420)


@pytest.mark.slow
def test_megabytes_of_tags_take_no_time() -> None:
    assert asked("<skipHours>" * 200_000 + "<hour>" * 200_000 + "<ttl>" * 200_000) == Asked()
