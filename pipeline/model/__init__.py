"""The records that pass between the steps, as frozen values with ids derived from their content.

Times are aware and in UTC. Offsets are half-open ranges of characters (code points) of `Article.text`.
"""

from pipeline.model.access import Session
from pipeline.model.actor import Actor, Group, Role, Tempo
from pipeline.model.alert import Alert, AlertKind, DelayReason, Delivery, DeliveryState, alert_id, delivery_id
from pipeline.model.article import Article, Dated, DateKind, DateOrigin, article_id
from pipeline.model.document import (
    Document,
    Link,
    Mention,
    MentionKind,
    Modality,
    Quote,
    QuoteKind,
    SourceKind,
    Span,
    quote_id,
)
from pipeline.model.feed import (
    Feed,
    FeedState,
    FeedWarning,
    Identity,
    PublisherLimits,
    PublishingRate,
    WebSubSubscription,
)
from pipeline.model.ids import content_id, slug
from pipeline.model.statement import (
    ArticleRef,
    ClaimVerdict,
    Correction,
    CorrectionKind,
    Decision,
    Report,
    SlotDifference,
    Statement,
    VerdictKind,
    correction_id,
    statement_id,
)
from pipeline.model.watch import Label, Mark, Mute, Muted, Watch
from pipeline.model.wire import EPOCH, FullText, PagePolicy, Seen, Time

__all__ = [
    "EPOCH",
    "Actor",
    "Alert",
    "AlertKind",
    "Article",
    "ArticleRef",
    "ClaimVerdict",
    "Correction",
    "CorrectionKind",
    "DateKind",
    "DateOrigin",
    "Dated",
    "Decision",
    "DelayReason",
    "Delivery",
    "DeliveryState",
    "Document",
    "Feed",
    "FeedState",
    "FeedWarning",
    "FullText",
    "Group",
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
    "PublisherLimits",
    "PublishingRate",
    "Quote",
    "QuoteKind",
    "Report",
    "Role",
    "Seen",
    "Session",
    "SlotDifference",
    "SourceKind",
    "Span",
    "Statement",
    "Tempo",
    "Time",
    "VerdictKind",
    "Watch",
    "WebSubSubscription",
    "alert_id",
    "article_id",
    "content_id",
    "correction_id",
    "delivery_id",
    "quote_id",
    "slug",
    "statement_id",
]
