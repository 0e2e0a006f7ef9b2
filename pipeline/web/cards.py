"""The inbox: what is to do, and its cards, which group deliveries by alert, by statement, by article and by story."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Final

from pipeline.model import Alert, ArticleRef, Delivery, Triage
from pipeline.search.stories import Subjects, grouped
from pipeline.services import Services
from pipeline.text.messages import reasons
from pipeline.text.targets import shown_delivery

MOST_COUNTED: Final = 100  # alerts that are to do, and deliveries that are read at once to count them

_PARTS_COUNTED: Final = 6  # times that so many deliveries are read


@dataclass(frozen=True, slots=True)
class Delivered:
    """An alert with its deliveries."""

    alert: Alert
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Alerted:
    """A statement on an occasion: the alerts of all watches that it met, and their deliveries to all targets."""

    alerts: tuple[Alert, ...]
    deliveries: tuple[Delivery, ...]

    @property
    def alert(self) -> Alert:
        """The alert of the first watch."""
        return self.alerts[0]


def by_alert(listed: Sequence[Delivery]) -> list[Delivered]:
    """The listed deliveries, those of one alert together, as they may be seen."""
    groups_by_id = groupby(map(shown_delivery, listed), key=lambda delivery: delivery.alert.id)
    groups = [tuple(group) for _, group in groups_by_id]
    return [Delivered(group[0].alert, group) for group in groups]


def by_occasion(listed: Sequence[Delivery]) -> list[Alerted]:
    """The listed deliveries by statement and occasion, in the order of their first ones."""
    groups: dict[tuple[str, str], list[Delivery]] = {}
    for delivery in listed:
        groups.setdefault(occasion(delivery.alert), []).append(delivery)
    return [Alerted(_alerts(key, group), tuple(group)) for key, group in groups.items()]


def _alerts(key: tuple[str, str], deliveries: Sequence[Delivery]) -> tuple[Alert, ...]:
    """The alerts of a statement on an occasion, one for each watch; a digest also has those of other statements."""
    alike = (alert for delivery in deliveries for alert in delivery.alerts if occasion(alert) == key)
    return tuple({alert.id: alert for alert in alike}.values())


@dataclass(frozen=True, slots=True)
class Card:
    """An article's statements that alerted, newest first, and the cards of other articles on the same story.

    `to_do` are the deliveries of all of these that nobody has dealt with.
    """

    article: ArticleRef
    alerts: tuple[Alerted, ...]
    to_do: tuple[str, ...]
    folded: tuple["Card", ...] = ()

    @property
    def common(self) -> tuple[Alert, ...]:
        """Alerts for the reason that all statements of the article share; none where they have different reasons."""
        parts = [each.alerts for each in self.alerts if any(not delivery.parts for delivery in each.deliveries)]
        return parts[0] if len(set(map(reasons, parts))) == 1 else ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the alerts, without those of folded cards."""
        return tuple(alert.id for each in self.alerts for alert in each.alerts)

    @property
    def all_ids(self) -> tuple[str, ...]:
        """The ids of the alerts, with those of folded cards."""
        return (*self.ids, *(name for card in self.folded for name in card.ids))


def cards(listed: Sequence[Delivery]) -> list[Card]:
    """The statements that alerted, those of one article that follow one another together."""
    shown = by_occasion(list(map(shown_delivery, listed)))
    shown_cards = []
    for _, group in groupby(shown, key=lambda each: each.alert.statement.first.article.id):
        of_article = tuple(group)
        to_do = [delivery.id for each in of_article for delivery in each.deliveries if not delivery.acknowledged]
        shown_cards.append(Card(of_article[0].alert.statement.first.article, of_article, tuple(to_do)))
    return shown_cards


def folded(listed: Sequence[Card], subject_of: Subjects) -> list[Card]:
    """The cards by story: the newest article of each on top, and the cards of its other articles folded under it.

    All speakers of a folded article are on the card above it, so that nobody deals unseen with what a person said.
    """
    stories: list[list[Card]] = []
    for group in grouped([subject_of(card.article.id) for card in listed]):
        begun = len(stories)
        for card in (listed[place] for place in group):
            same = next((story for story in stories[begun:] if _speakers(card) <= _speakers(story[0])), None)
            if same is None:
                stories.append([card])
            else:
                same.append(card)
    stories.sort(key=lambda story: listed.index(story[0]))
    return [
        replace(first, to_do=tuple(name for card in (first, *rest) for name in card.to_do), folded=tuple(rest))
        for first, *rest in stories
    ]


def _speakers(card: Card) -> set[str]:
    return {each.alert.statement.speaker_id for each in card.alerts}


def to_do(services: Services) -> int:
    """Return how many statements of the newest deliveries nobody has dealt with yet; occasions count apart.

    Older deliveries are looked through while the newer ones have fewer than are counted.
    """
    triage: dict[str, Triage] = {}
    if services.desk.version(Triage):
        triage = {each.alert: each for each in services.desk.all(Triage)}
    now, last, open_ones = services.clock(), "", set[tuple[str, str]]()
    for _ in range(_PARTS_COUNTED):
        listed = services.outbox.listing(None, MOST_COUNTED, last)
        open_ones |= {occasion(each.alert) for each in listed if is_to_do(each, triage, now)}
        if len(listed) < MOST_COUNTED or len(open_ones) >= MOST_COUNTED:
            break
        last = listed[-1].id
    return min(len(open_ones), MOST_COUNTED)


def occasion(alert: Alert) -> tuple[str, str]:
    """Return what an alert is about, whichever watch alerts: a statement on an occasion."""
    return alert.statement.id, alert.occasion


def is_to_do(delivery: Delivery, triage: Mapping[str, Triage], now: datetime) -> bool:
    """Return whether nobody has dealt with the delivery or put it off; `triage` is by alert."""
    return not (delivery.acknowledged or delivery.state == "muted" or is_put_off(delivery, triage, now))


def is_put_off(delivery: Delivery, triage: Mapping[str, Triage], now: datetime) -> bool:
    """Return whether all alerts of the delivery are put off to a later time."""
    noted = [triage.get(alert.id) for alert in delivery.alerts]
    return all(each and each.until and each.until > now for each in noted)
