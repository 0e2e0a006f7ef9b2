"""From the alerts log to the outbox: together what belongs together, over batches and crashes."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model import Alert, Mute
from pipeline.ports import ALERTS
from pipeline.run import steps
from pipeline.run.deliver import DeliveryPlanner
from pipeline.run.metrics import metrics
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from pipeline.testing import FakeClock
from tests import examples


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with closing(open_services(Settings(file=tmp_path / "desk.sqlite"), clock=FakeClock())) as opened:
        yield opened


def alert(number: int, watch: str = "harbour") -> Alert:
    statement = replace(examples.statement(), id=f"statement-{number}")
    return replace(examples.alert(statement), id=f"{watch}-{number}", watch_id=watch)


def post(services: Services, *alerts: Alert) -> None:
    services.log.append(ALERTS, [steps.alerted(each) for each in alerts])
    poster = DeliveryPlanner(services)
    while poster.step():
        pass


def test_alerts_of_one_statement_are_one_delivery_wherever_a_batch_ends(services: Services) -> None:
    watches = [examples.watch(id=f"w{n}") for n in range(3)]
    services.desk.save(*watches)
    post(services, *(alert(number, watch.id) for number in range(200) for watch in watches))
    created = services.outbox.listing(most=1_000)
    assert len(created) == 200
    assert {len(each.alerts) for each in created} == {3}


def test_all_watches_alert_when_there_are_more_than_fit_a_batch(services: Services) -> None:
    watches = [examples.watch(id=f"w{n}") for n in range(300)]
    services.desk.save(*watches)
    post(services, *(alert(1, watch.id) for watch in watches))
    assert len(services.outbox.listing(most=1_000)) == 1


def test_a_daily_cap_holds_over_batches_and_starts(services: Services) -> None:
    services.desk.save(examples.watch(daily_cap=5))
    for first in range(0, 20, 4):
        post(services, *(alert(number) for number in range(first, first + 4)))
    held = [each.held for each in services.outbox.listing(most=1_000)]
    assert (held.count(""), held.count("cap")) == (5, 15)


def test_planning_again_after_a_crash_changes_nothing(services: Services) -> None:
    services.desk.save(examples.watch(daily_cap=2))
    alerts = [alert(number) for number in range(4)]
    post(services, *alerts)
    before = services.outbox.listing(most=1_000)
    post(services, *alerts)
    assert services.outbox.listing(most=1_000) == before


def test_a_mute_holds_for_later_deliveries(services: Services) -> None:
    services.desk.save(examples.watch(), Mute(kind="actor", thing="ada-lindqvist"))
    post(services, alert(1))
    assert [each.state for each in services.outbox.listing()] == ["muted"]
    assert services.outbox.due(services.clock(), 9) == []
    services.desk.remove(Mute, "actor:ada-lindqvist")
    post(services, alert(2))
    assert [each.state for each in services.outbox.listing()] == ["pending", "muted"]


def test_the_delay_of_an_alert_is_measured(services: Services) -> None:
    def measured() -> float:
        return metrics().registry.get_sample_value("onrecord_alert_seconds_count") or 0

    before = measured()
    post(services, alert(1), alert(2))
    assert measured() == before + 2
