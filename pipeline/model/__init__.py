"""The nouns of the newsroom, as frozen values whose ids are made from their content.

Times are aware and in UTC. Offsets are half-open ranges of characters (code points) of `Article.text`.
"""

from pipeline.model.articles import Article, Dated, DateKind, DateOrigin, article_id
from pipeline.model.deliveries import Alert, AlertKind, Delivery, DeliveryState, Held, alert_id, delivery_id
from pipeline.model.documents import Document, Link, Mention, MentionKind, Modality, Quote, QuoteKind, Span, quote_id
from pipeline.model.feeds import Asked, Feed, Identity, Push, Rhythm, Warned
from pipeline.model.ids import content_id, slug
from pipeline.model.orders import Actor, Group, Role, Tempo, Watch
from pipeline.model.statements import (
    ArticleRef,
    Correction,
    CorrectionKind,
    Decision,
    Report,
    Statement,
    VerdictKind,
    correction_id,
    statement_id,
)
from pipeline.model.triage import Label, Mark, Mute, Muted
from pipeline.model.wire import EPOCH, FullText, PagePolicy, Seen, Time

__all__ = [
    "EPOCH",
    "Actor",
    "Alert",
    "AlertKind",
    "Article",
    "ArticleRef",
    "Asked",
    "Correction",
    "CorrectionKind",
    "DateKind",
    "DateOrigin",
    "Dated",
    "Decision",
    "Delivery",
    "DeliveryState",
    "Document",
    "Feed",
    "FullText",
    "Group",
    "Held",
    "Identity",
    "Label",
    "Link",
    "Mark",
    "Mention",
    "MentionKind",
    "Modality",
    "Mute",
    "Muted",
    "PagePolicy",
    "Push",
    "Quote",
    "QuoteKind",
    "Report",
    "Rhythm",
    "Role",
    "Seen",
    "Span",
    "Statement",
    "Tempo",
    "Time",
    "VerdictKind",
    "Warned",
    "Watch",
    "alert_id",
    "article_id",
    "content_id",
    "correction_id",
    "delivery_id",
    "quote_id",
    "slug",
    "statement_id",
]
