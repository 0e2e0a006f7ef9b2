"""The morning brief is planned once a day, says who said what with links, and reaches a mailbox over a real server."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.alerts.brief import briefs, day_due, letter_of
from pipeline.cli.run import note_settings
from pipeline.model import Delivery
from pipeline.roles import Role
from pipeline.run.deliver import Deliverer, DeliveryPlanner
from pipeline.search.day import beginning, day_of
from pipeline.search.stories import subjects
from pipeline.services import Services, open_services
from pipeline.settings import Brief, Email, Settings, Web
from pipeline.testing import FakeClock, FakeIndex
from tests import examples
from tests.connectors.mailserver import mail_server

MORNING = datetime(2026, 3, 3, 5, 59, tzinfo=UTC)  # a minute before seven in Oslo
DAY = date(2026, 3, 2)
ADDRESSES = ("desk@courier.example", "chief@courier.example")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """A desk in Oslo on the morning after a day with one statement."""
    settings = Settings(
        file=tmp_path / "desk.sqlite",
        web=Web(zone="Europe/Oslo", address="https://desk.example"),
        brief=Brief(to=ADDRESSES),
    )
    with closing(open_services(settings, clock=FakeClock(MORNING))) as opened:
        opened.index.add([examples.document(), examples.decision()])
        yield opened


def planned(services: Services) -> list[Delivery]:
    DeliveryPlanner(services).step()
    return services.outbox.listing()


def clock(services: Services) -> FakeClock:
    assert isinstance(services.clock, FakeClock)
    return services.clock


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 3, 3, 5, 59, tzinfo=UTC), None),
        (datetime(2026, 3, 3, 6, 0, tzinfo=UTC), DAY),
        (datetime(2026, 3, 3, 22, 59, tzinfo=UTC), DAY),
        (datetime(2026, 3, 3, 23, 0, tzinfo=UTC), None),
        (datetime(2026, 3, 29, 5, 0, tzinfo=UTC), date(2026, 3, 28)),  # the clocks go forward on that night
    ],
)
def test_a_brief_is_due_at_its_time_in_the_zone(now: datetime, due: date | None) -> None:
    assert day_due(now, "07:00", "Europe/Oslo") == due


def test_a_brief_whose_time_the_clocks_leave_out_is_due_after_it() -> None:
    gap = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # three o'clock in Oslo; there is no half past two
    assert day_due(gap - timedelta(seconds=1), "02:30", "Europe/Oslo") is None
    assert day_due(gap, "02:30", "Europe/Oslo") == date(2026, 3, 28)


def test_each_address_gets_one_brief_a_day_over_restarts(services: Services) -> None:
    assert planned(services) == []
    clock(services).move(timedelta(minutes=1))
    first = planned(services)
    assert {each.target for each in first} == {f"email:{address}" for address in ADDRESSES}
    clock(services).move(timedelta(hours=3))
    assert planned(services) == first  # another planner, as after a restart
    clock(services).move(timedelta(days=1))
    assert len(planned(services)) == 4


def set_addresses(services: Services, *addresses: str) -> Services:
    """The desk after a restart with these addresses in the settings."""
    settings = services.settings.model_copy(update={"brief": Brief(to=addresses)})
    restarted = replace(services, settings=settings)
    note_settings(restarted, tuple(Role))
    return restarted


def test_an_address_that_is_added_after_the_brief_was_due_waits_for_the_next_day(services: Services) -> None:
    old, new = ADDRESSES
    clock(services).move(timedelta(hours=-3))
    services = set_addresses(services, old)
    clock(services).move(timedelta(hours=11))
    services = set_addresses(services, old, new)
    clock(services).move(timedelta(minutes=5))
    services = set_addresses(services, new, old, "third@courier.example")
    assert [each.target for each in planned(services)] == [f"email:{old}"]
    clock(services).move(timedelta(days=1))
    targets = [each.target for each in planned(services)]
    assert [targets.count(f"email:{address}") for address in ADDRESSES] == [2, 1]


def test_a_desk_that_names_its_first_address_in_the_afternoon_sends_nothing_that_day(services: Services) -> None:
    clock(services).move(timedelta(hours=8))
    services = set_addresses(services, ADDRESSES[0])
    assert planned(services) == []
    clock(services).move(timedelta(hours=17))
    assert len(planned(services)) == 1


def test_a_desk_that_starts_late_and_had_its_addresses_before_sends_the_brief(services: Services) -> None:
    clock(services).move(timedelta(days=-1))
    services = set_addresses(services, *ADDRESSES)
    clock(services).move(timedelta(days=1, hours=8))
    poll = services.settings.poll.model_copy(update={"every": timedelta(minutes=7)})
    services = replace(services, settings=services.settings.model_copy(update={"poll": poll}))
    note_settings(services, tuple(Role))
    assert len(planned(services)) == 2


def test_a_planner_that_goes_on_plans_the_brief_of_the_next_day(services: Services) -> None:
    planner = DeliveryPlanner(services)
    for _ in range(49):
        planner.step()
        clock(services).move(timedelta(hours=1))
    assert len({each.id for each in services.outbox.listing()}) == 4


def test_a_brief_needs_no_acknowledgement_and_an_address(services: Services) -> None:
    clock(services).move(timedelta(minutes=1))
    assert [each.acknowledged for each in planned(services)] == [True, True]
    silent = replace(services, settings=services.settings.model_copy(update={"brief": Brief()}))
    clock(services).move(timedelta(days=1))
    assert len(planned(silent)) == 2


def test_a_brief_says_who_said_what_with_links(services: Services) -> None:
    (delivery,) = briefs(services, DAY, ADDRESSES[:1])
    assert delivery.letter is not None
    assert delivery.letter.subject == "Morning brief, Monday, 2 March 2026: 1 statement (usually 0)"
    text, html = delivery.letter.text, delivery.letter.html
    for part in (text, html):
        assert "The harbour will stay open" in part
        assert "https://courier.example/harbour" in part
        assert "https://desk.example/?day=2026-03-02" in part
    assert f"https://desk.example/statements/{examples.statement().id}" in html
    assert "src=" not in html


def test_a_letter_quotes_what_others_wrote_as_text_and_links_to_the_web_alone() -> None:
    title, url = "<script>alert(1)</script>", "javascript:alert(1)"
    of = examples.article(title=title, url=url, text="The port <b>closes</b>, Mayor Ada Lindqvist said.")
    report = examples.report(of, part="The port <b>closes</b>")
    index = FakeIndex()
    index.add([examples.decision(report)])
    start = beginning("2026-03-02", examples.NOON, ZoneInfo("UTC"))
    day = day_of(start, index.search, index.decisions, subjects(index.documents))
    letter = letter_of(day, {"ada-lindqvist": "<i>Ada</i>"})
    assert "<script>" not in letter.html
    assert "<b>" not in letter.html
    assert "<i>" not in letter.html
    assert 'href="javascript' not in letter.html
    assert "On the Record:" not in letter.text  # without an address of our pages


def test_a_letter_counts_what_its_lists_leave_out() -> None:
    index = FakeIndex()
    articles = [
        examples.article(f"https://p{n}.example/a", title="Ferry stops", source=f"p{n}.example") for n in range(6)
    ]
    index.add([examples.decision(examples.report(of), offset=n) for n, of in enumerate(articles)])
    index.add([examples.document(of) for of in articles])
    start = beginning("2026-03-02", examples.NOON, ZoneInfo("UTC"))
    day = day_of(start, index.search, index.decisions, subjects(index.documents))
    assert "and 2 more</li>" in letter_of(day, {}).html


def test_a_brief_reaches_its_mailbox_over_a_real_server(services: Services, tmp_path: Path) -> None:
    with mail_server() as server:
        email = Email(host="127.0.0.1", port=server.port, security="none", sender="Desk <desk@onrecord.example>")
        settings = services.settings.model_copy(update={"email": email})
        with closing(open_services(settings, clock=FakeClock(MORNING + timedelta(minutes=1)))) as opened:
            planned(opened)
            deliverer = Deliverer(opened.outbox, opened.notifier, opened.clock, lambda: 0.5)
            deliverer.send_due()
            planned(opened)
            Deliverer(opened.outbox, opened.notifier, opened.clock, lambda: 0.5).send_due()
    assert sorted(str(mail["To"]) for mail in server.mails) == sorted(ADDRESSES)
    mail = server.mails[0]
    assert mail["Subject"] == "Morning brief, Monday, 2 March 2026: 1 statement (usually 0)"
    assert mail["Date"] == "Tue, 03 Mar 2026 06:00:00 +0000"
    assert mail.get_content_type() == "multipart/alternative"
