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


def joined(base: str, target: str) -> str:
    """The address that `target` means on the page at `base`, '' where it is malformed."""
    try:
        return urljoin(base, target)
    except ValueError:
        return ""
