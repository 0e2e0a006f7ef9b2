"""Advice on alerts before they are sent: a translation of the statement, and a review of an uncertain quote.

No alert depends on an answer: it goes out without one if the service fails, takes too long, or has reached its daily
limit. The
answers are stored with the delivery, so that every attempt, every page and every digest shows the same.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final, TypeVar

from pipeline.errors import RefusedError, WorldError
from pipeline.model import EPOCH, Alert, Delivery, Review, Translation
from pipeline.ports import Archive, Clock, Reviewer, Translator
from pipeline.settings import Settings

Answer = TypeVar("Answer", Translation, Review)

_PAUSE: Final = timedelta(minutes=1)  # after a failure of the service

_AROUND: Final = 800  # characters of the article to either side of a quote

_LONGEST: Final = 5_000  # characters of a statement; longer ones are not translated

_log = logging.getLogger("onrecord.advice")


@dataclass(slots=True)
class _Service:
    """A service with the remainder of its daily limit, and the end of its pause after a failure."""

    name: str
    limit: int
    spent: int
    day: date
    paused_until: datetime = EPOCH
    warned: bool = field(default=False)

    def allows(self, cost: int, now: datetime) -> bool:
        """Return True if the service may be used now."""
        if now.date() != self.day:
            self.day, self.spent, self.warned = now.date(), 0, False
        if now < self.paused_until:
            return False
        if self.spent + cost <= self.limit:
            return True
        if not self.warned:
            _log.warning("%s has reached its daily limit of %d; alerts go out without it", self.name, self.limit)
            self.warned = True
        return False


class Adviser:
    """Asks the services of the settings about deliveries; `earlier` are the deliveries since the start of the day.

    `seconds` is a clock that only moves forward, for the time limit of a batch.
    """

    def __init__(
        self,
        settings: Settings,
        translator: Translator | None,
        reviewer: Reviewer | None,
        archive: Archive,
        clock: Clock,
        *,
        earlier: Iterable[Delivery] = (),
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._translator, self._reviewer = translator, reviewer
        self._archive = archive
        self._clock = clock
        self._seconds = seconds
        answered = {_question(alert): alert for delivery in earlier for alert in delivery.alerts}.values()
        characters = sum(len(alert.statement.text) for alert in answered if alert.translation)
        reviews = sum(alert.review is not None for alert in answered)
        today = clock().date()
        self._translations = _Service("translator", settings.translate.characters, characters, today)
        self._reviews = _Service("reviewer", settings.review.requests, reviews, today)

    def advised(self, deliveries: Sequence[Delivery]) -> tuple[Delivery, ...]:
        """Return the deliveries with the services' answers about their alerts; equal questions are asked once."""
        missing = {
            _question(alert): alert for delivery in deliveries if delivery.state != "muted" for alert in delivery.alerts
        }
        translations, reviews = self._translated(missing.values()), self._reviewed(missing.values())

        def with_answers(alert: Alert) -> Alert:
            question = _question(alert)
            return replace(alert, translation=translations.get(question), review=reviews.get(question))

        advised = (
            replace(delivery, alert=with_answers(delivery.alert), also=tuple(map(with_answers, delivery.also)))
            for delivery in deliveries
        )
        return tuple(self._held_back(delivery) for delivery in advised)

    def _held_back(self, delivery: Delivery) -> Delivery:
        """Return the delivery, muted if the settings let reviews do that and all its alerts are doubtful."""
        doubtful = all(alert.review and alert.review.opinion == "doubtful" for alert in delivery.alerts)
        return replace(delivery, state="muted") if self._settings.review.hold and doubtful else delivery

    def _translated(self, alerts: Iterable[Alert]) -> dict[tuple[str, str], Translation]:
        translator = self._translator
        if not translator:
            return {}
        target = self._settings.translate.language.partition("-")[0]
        foreign = [
            alert
            for alert in alerts
            if alert.statement.first.article.language.partition("-")[0] != target
            and 0 < len(alert.statement.text) <= _LONGEST
        ]

        def translate(alert: Alert, timeout: timedelta) -> Translation:
            return translator.translate(alert.statement.text, alert.statement.first.article.language, timeout)

        cost = {_question(alert): len(alert.statement.text) for alert in foreign}
        return self._answers(self._translations, foreign, translate, cost, self._settings.translate.timeout)

    def _reviewed(self, alerts: Iterable[Alert]) -> dict[tuple[str, str], Review]:
        reviewer = self._reviewer
        if not reviewer:
            return {}
        below = self._settings.review.below
        uncertain = [a for a in alerts if a.kind in ("news", "spread") and a.statement.first.quote.confidence < below]

        def review(alert: Alert, timeout: timedelta) -> Review:
            return reviewer.review(alert, self._passage(alert), timeout)

        cost = {_question(alert): 1 for alert in uncertain}
        return self._answers(self._reviews, uncertain, review, cost, self._settings.review.timeout)

    def _answers(
        self,
        service: _Service,
        alerts: Iterable[Alert],
        ask: Callable[[Alert, timedelta], Answer],
        cost: dict[tuple[str, str], int],
        timeout: timedelta,
    ) -> dict[tuple[str, str], Answer]:
        """Ask about one alert after another until the time or the daily limit is used up, or the service fails."""
        deadline = self._seconds() + timeout.total_seconds()
        answers: dict[tuple[str, str], Answer] = {}
        for alert in alerts:
            question, seconds_left = _question(alert), deadline - self._seconds()
            if seconds_left <= 0 or not service.allows(cost[question], self._clock()):
                continue
            service.spent += cost[question]
            try:
                answers[question] = ask(alert, timedelta(seconds=seconds_left))
            except RefusedError as error:  # a refusal concerns this alert alone
                _log.warning("%s: %s; the alert goes out without it", service.name, error)
            except WorldError as error:
                _log.warning("%s: %s; alerts go out without it for %s", service.name, error, _PAUSE)
                service.paused_until = self._clock() + _PAUSE
        return answers

    def _passage(self, alert: Alert) -> str:
        """Return the article around the quote, or the quote's own words if the article is not in the index yet."""
        report = alert.statement.first
        for document in self._archive.documents(report.article.id):
            if document.article.revision == report.article.revision:
                quote = report.quote
                return document.article.text[max(0, quote.start - _AROUND) : quote.end + _AROUND]
        return report.quote.text


def _question(alert: Alert) -> tuple[str, str]:
    """Return the key of an alert's question: the statement and the occasion."""
    return alert.statement.id, alert.occasion
