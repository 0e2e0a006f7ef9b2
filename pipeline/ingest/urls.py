"""The canonical form of web addresses, which is the same for all addresses of one article."""

import base64
import binascii
import re
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from pipeline.text.http import split

# Parameters that say where a reader came from. They are listed by name, because courlan's patterns also match `cid`,
# `eid` and `uid`: on a site whose articles differ by these, all articles would become one. Sources: ClearURLs rules,
# Firefox query stripping records, and the campaign parameters of large publishers.
_TRACKER = re.compile(
    r"(utm|mtm|pk|piwik|ga|hsa|oly|vero|mkt|itm|at|ns)_\w+|"
    r"(fbc|gc|dc|twc|yc|ysc|ttc)lid|(gbra|wbra|msclk|igsh|li_fat_)id|"
    r"_ga|_gl|_hsenc|_hsmi|mc_[ce]id|igsh|xtor|ocid|cmpid|ncid|smid|ftag|ito|sref|guccounter|"
    r"ref_src|ref_url|referrer|feedtype|feedname|rss",
    re.IGNORECASE,
)

_FROM_A_FEED = re.compile(r"rss|feed|rss[-_].*", re.IGNORECASE)


# Other forms of one article: hosts for telephones, and Accelerated Mobile Pages (amp.dev).
_VARIANT_HOST = re.compile(r"^(www|m|mobile|touch|amp)\.(?=[^.]+\.)|(?<=\w)\.m(?=\.\w)", re.IGNORECASE)

_AMP_PATH = re.compile(r"^/amp(?=/.)|(/|\.)amp(/|\.html)?$", re.IGNORECASE)

_AMP_CACHE = re.compile(r"/(?:[acivw]/|amp/)(?:s/)?([\w.-]+\.\w+/.*)", re.DOTALL)

_ALWAYS_AMP = frozenset(
    {("amp", ""), ("amp", "1"), ("amp", "true"), ("outputtype", "amp"), ("outputtype", "valid-amp")}
)

_NEWS_ID = re.compile(r"/(?:rss/)?(?:__i/rss/rd/)?(?:articles|read)/([\w-]{20,})=*$")

_ADDRESS_IN_BYTES = re.compile(rb"https?://[\x21-\x7e]+")

# Pages that only redirect, and the parameters that name the target.
_LEADING_ON = {
    "google.com/url": ("url", "q"),
    "bing.com/news/apiclick.aspx": ("url",),
    "l.facebook.com/l.php": ("u",),
    "out.reddit.com": ("url",),
}

_MOST_HOPS = 3

_MOST_PARAMETERS = 100  # of an address: each takes microseconds, and a feed has thousands of addresses


def canonical(url: str) -> str:
    """The address that all forms of one article share, with https and without the last slash; '' if it is no address.

    It has no tracking parameters, fragment, default port, `www.` or host for telephones, no AMP form, and no page that
    only redirects to an address in its parameters. It identifies an article; readers are sent to the original address.
    """
    for _ in range(_MOST_HOPS):
        try:
            parts = urlsplit(url.strip().replace("&amp;", "&"))
            if parts.scheme.lower() not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
                return ""
            if not (target := _led_to(parts)):
                return _normal(parts)
        except ValueError:
            return ""
        url = target
    return ""


def _normal(parts: SplitResult) -> str:
    from courlan import normalize_url

    query = urlencode(sorted(_telling(parts.query)))
    fragment = parts.fragment if parts.fragment.startswith("!") else ""  # "#!" was an address once
    bare = parts._replace(
        query="", fragment="", netloc=_VARIANT_HOST.sub("", parts.netloc), path=_AMP_PATH.sub("", parts.path)
    )
    normal = urlsplit(normalize_url(bare, trailing_slash=False))
    return normal._replace(scheme="https", path=normal.path or "/", query=query, fragment=fragment).geturl()


def _led_to(parts: SplitResult) -> str:
    """The address of which this one is another form, or to which it redirects by its own parameters; else ''."""
    name = (parts.hostname or "").removeprefix("www.")
    if name.endswith(".cdn.ampproject.org") or (name == "google.com" and parts.path.startswith("/amp/")):
        inner = _AMP_CACHE.match(parts.path)
        return f"https://{inner[1]}{'?' + parts.query if parts.query else ''}" if inner else ""
    if name == "news.google.com":
        return _news(parts.path)
    for parameter in _LEADING_ON.get(f"{name}{parts.path}".rstrip("/"), ()):
        target = dict(parse_qsl(parts.query, max_num_fields=_MOST_PARAMETERS)).get(parameter, "")
        if target.startswith(("http://", "https://")):
            return target
    return ""


def _news(path: str) -> str:
    """The address inside an older name of a Google News article; newer names are known to Google alone.

    The name is base64 of a protocol buffer whose first string is the address.
    """
    if not (match := _NEWS_ID.search(path)):
        return ""
    try:
        inner = base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4))
    except (binascii.Error, ValueError):
        return ""
    address = _ADDRESS_IN_BYTES.search(inner)
    if not address or address.start() < 1:
        return ""
    start = address.start()
    low, high = inner[start - 1], inner[start - 2]
    length = (low << 7 | high & 0x7F) if start > 1 and high & 0x80 else low  # a varint, lowest seven bits first
    return inner[start : start + length].decode("ascii", "replace") if length <= len(address[0]) else ""


def leads_on(url: str) -> bool:
    """Return True if the page redirects to an address that only its operator knows.

    This is the case for newer names of Google News: the page redirects by a script and an exchange with its servers,
    which we do not imitate. If the server answers with a redirect, the article gets the target's address.
    """
    return url.startswith("https://news.google.com/")


def _telling(query: str) -> list[tuple[str, str]]:
    """The parameters that identify an article."""
    parameters = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    return [
        (name, value)
        for name, value in parameters
        if not _TRACKER.fullmatch(name)
        and not _FROM_A_FEED.fullmatch(value)
        and (name.lower(), value.lower()) not in _ALWAYS_AMP
    ]


def is_front(url: str) -> bool:
    """Return True if the address is a site's front page."""
    parts = urlsplit(canonical(url))
    return parts.path in ("", "/") and not parts.query and not parts.fragment


def named_by_page(claimed: str, fetched: str) -> str:
    """Return the canonical form of the address that a page declares as its own; '' if the claim cannot be true.

    The declared address must be on the registered domain of the `fetched` address, and neither a front page nor a
    folder above the page.
    """
    own, page = canonical(claimed), canonical(fetched)
    if not own or not page or is_front(own) or site(own) != site(page):
        return ""
    path, below = urlsplit(own).path, urlsplit(page).path
    return "" if path != below and below.startswith(path.rstrip("/") + "/") else own


def site(url: str) -> str:
    """The registered domain; for a host under no public suffix, its last two labels."""
    from courlan import extract_domain

    return extract_domain(url) or ".".join(host(url).split(".")[-2:])


def host(url: str) -> str:
    """The host of an address without a leading 'www.', as a name for a source that has none; '' without one."""
    return (split(url).hostname or "").removeprefix("www.")
