"""How sure we are of a quote's span and speaker."""

from pipeline.extract.drafts import Draft
from pipeline.extract.speakers import Resolved
from pipeline.model import QuoteKind


ALERT_THRESHOLD = 0.8


def confidence(draft: Draft, kind: QuoteKind, resolved: Resolved) -> float:
    """The probability that span and speaker are right."""
    return 0.8 if kind == "direct" else 0.6
