"""Fifty outlets report one statement, in any order and with crashes in between: one alert, fifty reports."""

import random
from dataclasses import replace

import pytest

from pipeline.errors import WorldError
from pipeline.model import Article
from pipeline.run import local
from pipeline.run.local import Pipeline, drain
from pipeline.services import Services
from pipeline.statements.provenance import independent_sources, traced
from tests import examples
from tests.newsroom import Trouble, fake_app

SAID = "“The ferry bridge will not open again before the spring,” said Ada Lindqvist."
WIRE = (
    "The council of Marrow Quay has shut the bridge for all of the winter, as rust had been found in two of its piers.",
    "Traders at the market fear for their trade, and the bus firm has had to put out a new plan for its three lines.",
    "The bridge was put up by the army and was not meant to last for more than ten years, and has had five repairs.",
)
COPIES, OWN = 30, 20


def outlets(chance: random.Random) -> list[Article]:
    """Thirty that print the wire's text, some of them cut or in another order, and twenty that wrote their own."""
    texts = [[*WIRE][number % 2 :] for number in range(COPIES)]
    for text in texts:
        chance.shuffle(text)
    texts += [[own(number)] for number in range(OWN)]
    articles = [
        examples.article(f"https://{name}/", "\n\n".join([*text, SAID]), source=name)
        for name, text in zip((f"paper-{number}.example" for number in range(50)), texts, strict=True)
    ]
    return chance.sample(articles, k=len(articles))


def own(number: int) -> str:
    """Return what nobody else has written."""
    chance = random.Random(number)
    words = ("".join(chance.choices("abdeiklmnoprstuz", k=chance.choice((3, 5, 8)))) for _ in range(60))
    return f"{' '.join(words).capitalize()}."


def finish(services: Services, trouble: Trouble, chance: random.Random) -> int:
    """Work to the end in one process after another, each of which ends in trouble; how many there were."""
    pipeline, crashes, idle = Pipeline(services), 0, False
    while not idle:
        try:
            idle = not pipeline.step()
        except WorldError:
            crashes += 1
            trouble.at, trouble.after = trouble.writes + chance.randint(1, 9), chance.random() < 0.5
            pipeline = Pipeline(services)
    return crashes


@pytest.mark.parametrize("seed", range(4))
def test_fifty_outlets_give_one_alert(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "BATCH", 7)
    chance = random.Random(seed)
    trouble = Trouble(at=3, after=False)
    services = fake_app(outlets(chance), trouble)
    services.desk.save(examples.actor(), examples.watch(), examples.watch(id="many", least_sources=3, spread=(5, 10)))
    assert finish(services, trouble, chance) > 3
    deliveries = services.outbox.listing()
    told = sorted((alert.watch_id, alert.occasion) for delivery in deliveries for alert in delivery.alerts)
    assert told == [("harbour", ""), ("many", "sources 3"), ("many", "spread 10"), ("many", "spread 5")]
    (statement,) = {delivery.alert.statement.id for delivery in deliveries}
    decisions = services.index.decisions(statement)
    assert len({decision.report.article.id for decision in decisions}) == len(decisions) == COPIES + OWN
    assert independent_sources(decisions) == decisions[-1].sources == 1 + OWN
    assert sum(each.independent for each in traced(decisions)) == 1 + OWN


def test_a_replay_of_a_spread_alerts_nobody_again() -> None:
    published = outlets(random.Random(0))
    services = fake_app(published)
    services.desk.save(examples.actor(), examples.watch(least_sources=3, spread=(5, 10)))
    drain(services)
    before = services.outbox.listing()
    counts = drain(replace(services, log=fake_app(published).log))
    assert (counts["alerts"], counts["repeated"], counts["posted"]) == (0, 0, 0)
    assert services.outbox.listing() == before != []
