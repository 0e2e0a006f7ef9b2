"""Verdicts on claims in the words that people read."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pipeline.model import ClaimVerdict, SlotDifference, VerdictKind

_TITLES: Final[dict[VerdictKind, str]] = {
    "new": "New",
    "repeated": "Known",
    "changed": "Changed",
    "corrected": "Corrected",
}


def parts(claims: Sequence[ClaimVerdict]) -> tuple[str, ...]:
    """A line for each claim of a quote that is not new as a whole: "New: …", "Known: …", "Changed: … (number: …)"."""
    if all(claim.verdict == "new" for claim in claims):
        return ()
    return tuple(_line(claim) for claim in claims)


def difference(of: SlotDifference) -> str:
    """A slot with what it was and what it is: "number: “12” became “21”"."""
    if not of.after:
        return f"{of.slot}: “{of.before}” left out"
    return f"{of.slot}: “{of.before}” became “{of.after}”" if of.before else f"{of.slot}: “{of.after}” put in"


def differences(found: Iterable[SlotDifference]) -> str:
    """All of them, or that other words stand in the same place."""
    return "; ".join(map(difference, found)) or "other words in the same place"


def comparison(claim: ClaimVerdict) -> Iterator[str]:
    """What a claim was compared with and what decided, in lines."""
    yield f"{claim.verdict} ({claim.certainty:.0%} sure): {claim.text}"
    if claim.known:
        yield f"compared with {claim.statement}: {claim.known}"
    if claim.verdict == "changed":
        yield differences(claim.differences)


def _line(claim: ClaimVerdict) -> str:
    known = f" ({differences(claim.differences)})" if claim.verdict == "changed" else ""
    before = f" — before: “{claim.known}”" if claim.verdict == "changed" else ""
    return f"{_TITLES[claim.verdict]}: {claim.text}{known}{before}"
