"""The worker that keeps evidence: what the articles of alerts were read from, for as long as the settings say."""

import asyncio
import logging
import threading
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from pipeline.errors import WorldError
from pipeline.model import EPOCH, Alert, ArticleRef
from pipeline.ports import ALERTS
from pipeline.run import steps
from pipeline.run.loop import run_forever
from pipeline.sources import Evidence

if TYPE_CHECKING:
    from pipeline.services import Services

_GROUP: Final = "evidence"

_BATCH: Final = 250  # alerts

_PAUSE_SECONDS: Final = 2.0

_EXPIRY_PAUSE: Final = timedelta(hours=1)

_log = logging.getLogger("onrecord")


class EvidenceKeeper:
    """Keeps what the articles of alerts were read from, and deletes what is too old.

    In a cluster, each poller has one; they share the alerts and the folder of the evidence.
    """

    def __init__(self, services: "Services", evidence: Evidence) -> None:
        self._services = services
        self._evidence = evidence
        self._next_expiry = EPOCH

    def run(self, stop: threading.Event) -> None:
        """Follow the alerts until `stop` is set."""
        run_forever("evidence", self.step, stop, idle=_PAUSE_SECONDS)

    def step(self) -> int:
        """Keep the evidence of one batch of alerts, and return the number of alerts."""
        self._expire()
        log = self._services.log
        records = log.read(ALERTS, _GROUP, _BATCH)
        if not records:
            return 0
        alerts, _ = steps.read(Alert, records)  # the planner writes the dead letters of unreadable alerts
        articles = {article.id: article for _, alert in alerts for article in self._articles(alert)}
        new = [article for article in articles.values() if self._evidence.keep(article.id)]
        log.commit(_GROUP, records)
        for article in new:
            self._archive(article.url)
        return len(records)

    def _articles(self, alert: Alert) -> list[ArticleRef]:
        """The articles that the alert rests on: the first report, and the other reports on record."""
        decisions = self._services.index.decisions(alert.statement.id)
        return [report.article for report in (alert.statement.first, *(decision.report for decision in decisions))]

    def _expire(self) -> None:
        now = self._services.clock()
        if now >= self._next_expiry:
            self._evidence.expire(now)
            self._next_expiry = now + _EXPIRY_PAUSE

    def _archive(self, url: str) -> None:
        """Ask the archive of the settings, if any, to save the page; a refusal is logged and not repeated."""
        endpoint = self._services.settings.evidence.archive
        if not endpoint or not url:
            return
        try:
            asyncio.run(self._ask_archive(endpoint + url))
        except WorldError as error:
            _log.warning("evidence: %s", error)

    async def _ask_archive(self, address: str) -> None:
        async with self._services.http().connections() as connections:
            response = await connections.get(address, {})
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise WorldError(f"{address} answers {response.status}")
