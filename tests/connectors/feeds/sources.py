"""Feeds as text, for tests to spoil."""

ENTRY = """
<item><title>Harbour stays open</title><link>https://courier.example/harbour</link><guid isPermaLink="false">h1</guid>
<pubDate>Mon, 02 Mar 2026 11:00:00 GMT</pubDate><content:encoded><![CDATA[<p>The harbour stays open.</p>
<p>“It will,” said Ada Lindqvist.</p>]]></content:encoded></item>
"""


def rss(*items: str, head: str = "") -> str:
    """An RSS 2.0 feed of these items."""
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>The Courier</title><language>en-gb</language>'
        f"{head}{''.join(items)}</channel></rss>"
    )


def item(number: int, **changes: str) -> str:
    """An RSS item; a change of '' leaves the element out."""
    elements = {
        "title": f"Title {number}",
        "link": f"https://courier.example/{number}",
        "guid": f"g{number}",
        "pubDate": "Mon, 02 Mar 2026 11:00:00 GMT",
        "content:encoded": f"Text of number {number}.",
    } | changes
    return f"<item>{''.join(f'<{name}>{value}</{name}>' for name, value in elements.items() if value)}</item>"
