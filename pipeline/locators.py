"""Web addresses taken apart and joined: a malformed one has no parts, and raises nothing."""

from urllib.parse import SplitResult, urljoin, urlsplit


def split(url: str) -> SplitResult:
    """The parts of an address, all of them empty where it is malformed."""
    try:
        parts = urlsplit(url)
        _ = (parts.hostname, parts.port)  # which are checked when they are read
    except ValueError:
        return urlsplit("")
    return parts


def web_address(url: str) -> str:
    """The address if a reader may be sent there, which takes http or https and a host; else ''."""
    parts = split(url)
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def joined(base: str, target: str) -> str:
    """The address that `target` means on the page at `base`, '' where it is malformed."""
    try:
        return urljoin(base, target)
    except ValueError:
        return ""
