"""The canonical form of a web address: the same for all addresses of one article."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from courlan import normalize_url

# Parameters that say where a reader came from. By name rather than by courlan's patterns, which also take `cid`, `eid`
# or `uid` for trackers: where those tell articles apart, all articles of a site would become one.
# Sources: ClearURLs rules, Firefox query stripping records, and the campaign parameters of large publishers.
_TRACKER = re.compile(
    r"(utm|mtm|pk|piwik|ga|hsa|oly|vero|mkt|itm|at|ns)_\w+|"
    r"(fbc|gc|dc|twc|yc|ysc|ttc)lid|(gbra|wbra|msclk|igsh|li_fat_)id|"
    r"_ga|_gl|_hsenc|_hsmi|mc_[ce]id|igsh|xtor|ocid|cmpid|ncid|smid|ftag|ito|sref|guccounter|"
    r"ref_src|ref_url|referrer|feedtype|feedname|rss",
    re.IGNORECASE,
)
_FROM_A_FEED = re.compile(r"rss|feed|rss[-_].*", re.IGNORECASE)


def canonical(url: str) -> str:
    """The address without tracking parameters, fragment, default port and last slash, as https; '' if it is no address.

    A site's http and https pages are the same article. The result identifies; a reader is sent to the original.
    """
    try:
        parts = urlsplit(url.strip().replace("&amp;", "&"))
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            return ""
        query = urlencode(sorted(_telling(parts.query)))
        fragment = parts.fragment if parts.fragment.startswith("!") else ""  # "#!" was an address once
        bare = parts._replace(query="", fragment="")
        normal = urlsplit(normalize_url(bare, trailing_slash=False))
    except ValueError:
        return ""
    return normal._replace(scheme="https", path=normal.path or "/", query=query, fragment=fragment).geturl()


def _telling(query: str) -> list[tuple[str, str]]:
    """The parameters that tell one article from another."""
    parameters = parse_qsl(query, keep_blank_values=True, max_num_fields=1000)
    return [(n, v) for n, v in parameters if not _TRACKER.fullmatch(n) and not _FROM_A_FEED.fullmatch(v)]


def host(url: str) -> str:
    """The host of an address without a leading 'www.', as a name for a source that has none; '' without one."""
    try:
        name = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return name.removeprefix("www.")
