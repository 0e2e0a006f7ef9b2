"""Hostile XML and HTML: kinds of attack, crossed with the formats that are written in it."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from tests.connectors.feeds.sources import rss
from tests.hostile.body import Hostile, Task, filled, rotated

MANY: Final = 100_000

PARAGRAPH: Final = "<p>The harbour will stay open all winter, the mayor said on Monday in the hall.</p>"

STORY: Final = f"<html><head><title>T</title>%s</head><body><article>{PARAGRAPH * 6}%s</article></body></html>"

# In each format, the place of an entry: `%s` stands where an element, and where text is expected.
XML: Final[dict[str, tuple[Task, str, str]]] = {
    "RSS": ("feed", rss("<item><title>%s</title>%s</item>"), "item"),
    "RSS that is no XML": ("feed", rss("<item><b></i>%s</item><item>%s</item>"), "item"),
    "Atom": ("feed", '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>%s</title>%s</entry></feed>', "entry"),
    "a news sitemap": (
        "feed",
        '<urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://courier.example/1</loc>'
        "<news:news><news:title>%s</news:title>%s</news:news></url></urlset>",
        "url",
    ),
    "a sitemap": ("listing", "<urlset><url><loc>https://courier.example/1</loc>%s%s</url></urlset>", "url"),
    "a sitemap of sitemaps": ("listing", "<sitemapindex><sitemap><loc>%s</loc>%s</sitemap></sitemapindex>", "sitemap"),
    "OPML": (
        "opml",
        '<opml version="2.0"><head><title>%s</title></head><body>%s<outline text="a" xmlUrl="https://a.example/"/>'
        "</body></opml>",
        "outline",
    ),
    "Akoma Ntoso": (
        "debate",
        '<akomaNtoso><debate><speech by="#a"><from>%s</from><p>We stay.</p>%s</speech></debate></akomaNtoso>',
        "speech",
    ),
    "ParlaMint": ("debate", '<TEI><text><u who="#A"><seg>%s</seg>%s</u></text></TEI>', "u"),
}


def _attributes(count: int) -> str:
    return " ".join(f"a{number}='1'" for number in range(count))


def _xml_kinds(template: str, element: str) -> Iterator[tuple[str, Callable[[], str]]]:
    """The kinds of attack on a document of this shape, `%s` of which are a place for text and one for elements."""

    def placed(text: str = "x", inner: str = "") -> str:
        return template.replace("%s", text, 1).replace("%s", inner, 1)

    def declared(declarations: str, text: str) -> str:
        head, mark, rest = placed(text).rpartition("?>")
        return f"{head}{mark}<!DOCTYPE x [{declarations}]>{rest}"

    nested = "".join(f'<!ENTITY l{n} "' + f"&l{n - 1};" * 10 + '">' for n in range(1, 10))
    yield "100,000 attributes", lambda: placed(inner=f"<{element} {_attributes(MANY)}/>")
    yield "100,000 same attributes", lambda: placed(inner=f"<{element} " + "a='1' " * MANY + "/>")
    yield (
        "20,000 namespaces",
        lambda: placed(inner="<a " + " ".join(f"xmlns:n{n}='urn:{n}'" for n in range(20_000)) + "/>"),
    )
    yield "100,000 levels", lambda: placed(inner="<a>" * MANY + "</a>" * MANY)
    yield "100,000 levels of its own", lambda: placed(inner=f"<{element}>" * MANY + f"</{element}>" * MANY)
    yield "250 levels of 400 children", lambda: placed(inner=("<a>" + "<b/>" * 400) * 250 + "</a>" * 250)
    yield "100,000 levels, cut", lambda: placed(inner="<a>" * MANY).partition("</a>")[0]
    yield "300,000 children", lambda: placed(inner=f"<{element}/>" * 3 * MANY)
    yield "300,000 unknown prefixes", lambda: placed(inner="<a:b/>" * 3 * MANY)
    yield "a text of 10 MB", lambda: placed("x" * 10_000_000)
    yield "a text of 5 MB of blanks", lambda: placed(" \n" * 2_500_000)
    yield "a text of 1 MB of &", lambda: placed("&amp;" * 200_000)
    yield "a text of 5 MB of references", lambda: placed("&#65;" * 1_000_000)
    yield "a text of accents", lambda: placed("a" + "\u0301\u0316" * 500_000)
    yield "a text of ligatures", lambda: placed("\ufdfa" * 300_000)
    yield "a text of bidirectional controls", lambda: placed("\u202e" * 1_000_000)
    yield "a name of 5 MB", lambda: placed(inner=f"<{'n' * 5_000_000}/>")
    yield "an attribute of 5 MB", lambda: placed(inner=f"<{element} text='{'v' * 5_000_000}'/>")
    yield "300,000 comments", lambda: placed(inner="<!--x-->" * 3 * MANY)
    yield "a comment without end", lambda: placed(inner="<!--" + "-" * 3_000_000)
    yield "300,000 instructions", lambda: placed(inner="<?a b?>" * 3 * MANY)
    yield "300,000 pieces of CDATA", lambda: placed("<![CDATA[x]]>" * 3 * MANY)
    yield "CDATA without end", lambda: placed("<![CDATA[" + "]]" * 1_000_000)
    yield "entities in entities", lambda: declared(f'<!ENTITY l0 "x">{nested}', "&l9;")
    yield "a long entity many times", lambda: declared('<!ENTITY a "' + "x" * MANY + '">', "&a;" * 50_000)
    yield "an entity of itself", lambda: declared('<!ENTITY a "&a;">', "&a;")
    yield "an entity of a file", lambda: declared('<!ENTITY a SYSTEM "file:///etc/hostname">', "&a;")
    yield "parameter entities", lambda: declared("<!ENTITY % a SYSTEM 'file:///etc/hostname'> %a;", "x")
    yield "100,000 declarations", lambda: declared("<!ENTITY a 'b'>" * MANY, "x")
    yield "a type without end", lambda: declared("<!ENTITY a 'b'>" * MANY, "x").partition("]>")[0]
    yield (
        "attributes by default",
        lambda: declared("<!ATTLIST a " + " ".join(f"a{n} CDATA 'v'" for n in range(10_000)) + ">", "<a/>" * 10_000),
    )
    yield (
        "XInclude",
        lambda: placed(inner='<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/etc/hostname"/>'),
    )
    yield "50,000 bases", lambda: placed(inner="<a xml:base='../'>" * 200 + "<b xml:base='a/'/>" * 50_000)
    yield "NUL everywhere", lambda: placed("\0" * 1_000_000)
    yield "half surrogates", lambda: placed("\ud800" * 300_000)


HTML: Final[dict[str, tuple[Task, str]]] = {
    "a page": ("page", STORY.replace("%s", "", 1)),
    "a page kept as a file": ("document", STORY.replace("%s", "", 1)),
    "a front page": ("links", STORY.replace("%s", "", 1)),
    "an entry of RSS": ("feed", rss("<item><title>t</title><content:encoded><![CDATA[%s]]></content:encoded></item>")),
    "an e-mail of HTML": ("message", "From: a@b.example\nSubject: s\nContent-Type: text/html\n\n<html>%s</html>"),
}

LD: Final = '<script type="application/ld+json">%s</script>'


def _html_kinds() -> Iterator[tuple[str, Callable[[], str]]]:
    """The kinds of attack that stand inside a page."""
    for tag in ("div", "table><tr><td", "b", "a href='/a'", "blockquote", "ul><li", "span", "select", "form", "q", "p"):
        yield f"50,000 open {tag.partition('>')[0]}", partial(str.__mul__, f"<{tag}>", 50_000)
    for tag in ("<p>a</p>", "<a href='/x.rss'>a</a>", "<br>a", "<script>1</script>", "<style>a{}</style>", "<q>a</q>"):
        yield f"20,000 times {tag}", partial(str.__mul__, tag, 20_000)
    yield "100,000 attributes", lambda: f"<p {_attributes(MANY)}>"
    yield "20,000 elements of 40 attributes", lambda: f"<p {_attributes(40)}>x</p>" * 20_000
    yield "badly nested formats", lambda: "<b><i><u><font><p>" * 5_000
    yield "formats that are taken up again", lambda: "<a><b><i>" * 300 + "<p>x" * 5_000
    yield "a table in a table", lambda: "<table><tr><td>x" * 5_000
    yield "a paragraph of 5 MB", lambda: f"<p>{'word ' * 1_000_000}</p>"
    yield "a word of 5 MB", lambda: f"<p>{'w' * 5_000_000}</p>"
    yield "5 MB of blanks", lambda: f"<p>{' ' * 2_500_000}{chr(10) * 2_500_000}</p>"
    yield "2 MB of quotation marks", lambda: f"<p>{'“”' * 350_000}</p>"
    yield "1 MB of <", lambda: "<" * 1_000_000
    yield "1 MB of <!--", lambda: "<!--" * 250_000
    yield "1 MB of &", lambda: "&" * 1_000_000
    yield "1 MB of &lt;p&gt;", lambda: "&lt;p&gt;" * 110_000
    yield "a script without end", lambda: "<script>" + "</scrip" * 200_000
    yield "a class of 1 MB", lambda: f"<div class='{'a-b ' * 250_000}'>x</div>"
    yield "addresses of data", lambda: f"<img src='data:image/png;base64,{'A' * 5_000_000}'>"
    yield "levels of JSON-LD", lambda: LD % ("[" * MANY)
    yield "types of JSON-LD", lambda: LD % ('{"@type":"NewsArticle","a":' * 5_000)
    yield "a graph of JSON-LD", lambda: LD % ('{"@graph":[' + '{"@type":"a"},' * 60_000 + "{}]}")
    yield "5,000 scripts of JSON-LD", lambda: LD % '{"@type":"NewsArticle"}' * 5_000
    yield "100,000 meta elements", lambda: '<meta name="description" content="b">' * MANY
    yield "20,000 dates", lambda: '<time datetime="2026-03-02T11:00">2 March 2026</time>' * 20_000
    yield "a date of 1 MB", lambda: '<meta property="article:published_time" content="' + "2026-" * 200_000 + '">'
    yield "20,000 bylines", lambda: '<span class="author">By Ada Lindqvist and Bo Berg</span>' * 20_000
    yield "half surrogates", lambda: "<p>" + "\ud800" * 300_000


LISTED: Final = (
    "<html><body><main><ul><li><h2><a href='/2026/a-b-c-d'>The harbour stays open</a></h2></li>%s</ul></main>"
)


def _link_kinds() -> Iterator[tuple[str, Callable[[], str]]]:
    """The kinds of attack that are made of links."""
    link = "<li><h2><a href='/2026/a-b-c-{n}'>The harbour stays open on day {n}</a></h2></li>"
    yield "15,000 links", lambda: "".join(link.format(n=n) for n in range(15_000))
    yield "one address 15,000 times", lambda: link.format(n=1) * 15_000
    yield (
        "15,000 links of one class each",
        lambda: "".join(
            f"<li class='{name(n)}'><a class='{name(n)}' href='/2026/{n}'>A headline of five words {n}</a></li>"
            for n in range(15_000)
        ),
    )
    yield "20,000 links within one another", lambda: "<li><a href='/2026/a-b-c-d'>x" * 20_000
    yield "links below 200 levels", lambda: "<div class='list'>" * 200 + "<a href='/2026/a-b-c-d'>words</a>" * 20_000
    yield "an address of 5 MB", lambda: f"<a href='/2026/{'a' * 5_000_000}'>The harbour stays open</a>"
    yield "an address of 5 MB of dashes", lambda: f"<a href='/2026/{'a-' * 2_500_000}'>The harbour stays open</a>"
    yield "an address of 5 MB of steps", lambda: f"<a href='{'../' * 1_600_000}2026/a'>The harbour stays open</a>"
    yield "a text of 5 MB in a link", lambda: f"<h2><a href='/2026/a'>{'word ' * 1_000_000}</a></h2>"
    yield "20,000 bases", lambda: "<base href='../x/'>" * 20_000 + "<h2><a href='a'>The harbour stays open</a></h2>"
    yield (
        "links that lead elsewhere",
        lambda: "".join(
            f"<h2><a href='https://courier.example@{n}.example/'>The harbour stays open</a></h2>" for n in range(15_000)
        ),
    )


def name(number: int) -> str:
    """A name of letters for each number."""
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:06}")


def bodies() -> Iterator[Hostile]:
    """Each kind in three formats of XML, or in two of HTML and on a page of links.

    Each format meets a part of the kinds.
    """
    for number, kind in enumerate(dict(_xml_kinds("", ""))):
        for format_name in rotated(XML, number, 3):
            task, template, element = XML[format_name]
            make = dict(_xml_kinds(template, element))[kind]
            yield Hostile(f"{kind} in {format_name}", task, partial(filled, "%s", make))
    for number, (kind, make) in enumerate(_html_kinds()):
        for format_name in rotated(HTML, number, 2):
            page_task, page = HTML[format_name]
            yield Hostile(f"{kind} in {format_name}", page_task, partial(filled, page, make))
        lists: Task = "section" if number % 2 else "link_rules"
        yield Hostile(f"{kind} on a page of links", lists, partial(filled, LISTED, make))
    for number, (kind, make) in enumerate(_link_kinds()):
        lists = "link_rules" if number % 2 else "section"
        yield Hostile(f"{kind} on a page of links", lists, partial(filled, LISTED, make))
