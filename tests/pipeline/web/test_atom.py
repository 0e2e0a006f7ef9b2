"""Feeds can be read by a feed reader, as Atom and as JSON Feed, and say the same ids each time."""

from dataclasses import replace

import feedparser
from starlette.testclient import TestClient

from connectors.feeds.jsonfeed import contents
from pipeline.model import Correction, alert_id
from pipeline.services import Services
from tests import examples
from tests.pipeline.web.conftest import HERE

HOSTILE = "<script>alert(1)</script> & ]]> \x00\x1b"


def test_an_actors_statements_are_a_feed(client: TestClient) -> None:
    answer = client.get("/feeds/actors/ada-lindqvist.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert feed.version == "atom10"
    entry = feed.entries[0]
    assert entry.title == "Ada Lindqvist said: The harbour will stay open"
    assert entry.link == f"{HERE}/statements/{examples.statement().id}"
    assert "https://courier.example/harbour" in entry.summary
    assert entry.updated == "2026-03-02T11:00:00+00:00"
    again = feedparser.parse(client.get("/feeds/actors/ada-lindqvist.atom").content)
    assert (again.feed.id, again.entries[0].id) == (feed.feed.id, entry.id)
    assert entry.id.startswith("urn:uuid:")


def test_a_watchs_alerts_are_a_feed(services: Services, client: TestClient) -> None:
    services.desk.save(examples.watch())
    services.outbox.put(
        [examples.delivery(id="one"), examples.delivery(id="two", target="webhook:https://desk.example/")]
    )
    feed = feedparser.parse(client.get("/feeds/watches/harbour.atom").content)
    assert len(feed.entries) == 1
    assert "said by" in feed.entries[0].summary


def test_only_the_actors_own_words_are_in_the_feed(services: Services, client: TestClient) -> None:
    article = examples.article("https://courier.example/b")
    other = examples.decision(
        examples.report(article, speaker_id="ada-lindqvist-smith", speaker_name="Ada Lindqvist Smith")
    )
    services.index.add([other])
    assert len(feedparser.parse(client.get("/feeds/actors/ada-lindqvist.atom").content).entries) == 1


def test_hostile_words_stay_words(services: Services, client: TestClient) -> None:
    statement = replace(examples.statement(), speaker_name=HOSTILE, text=HOSTILE)
    report = replace(
        statement.first, article=replace(statement.first.article, title=HOSTILE, url="javascript:alert(1)")
    )
    services.desk.save(examples.watch(name=HOSTILE))
    alert = replace(examples.alert(replace(statement, first=report)), why=HOSTILE)
    services.outbox.put([examples.delivery(alert)])
    answer = client.get("/feeds/watches/harbour.atom")
    feed = feedparser.parse(answer.content, sanitize_html=False)
    assert not feed.bozo
    assert "<script" not in feed.entries[0].summary
    assert "javascript" not in answer.text
    (item,) = client.get("/feeds/watches/harbour.json").json()["items"]
    assert "<script" not in item["content_html"]
    assert "external_url" not in item
    assert not set("\x00\x1b") & set(item["title"] + item["content_text"])


def test_both_forms_say_the_same(client: TestClient) -> None:
    answer = client.get("/feeds/actors/ada-lindqvist.json")
    assert answer.headers["content-type"] == "application/feed+json"
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"] == "Ada Lindqvist, on the record"
    assert feed["feed_url"] == f"{HERE}/feeds/actors/ada-lindqvist.json"
    (item,) = feed["items"]
    atom = feedparser.parse(client.get("/feeds/actors/ada-lindqvist.atom").content).entries[0]
    assert (item["id"], item["url"], item["title"]) == (atom.id, atom.link, atom.title)
    assert item["content_html"] == atom.summary
    assert item["date_published"] == atom.updated
    assert item["authors"] == [{"name": "Ada Lindqvist"}]
    assert item["external_url"] == "https://courier.example/harbour"
    assert item["language"] == "en"
    (read,) = contents(answer.text, feed["feed_url"]).entries
    assert (read.guid, read.authors) == (item["id"], ("Ada Lindqvist",))


def test_a_watchs_alerts_are_a_json_feed_with_their_reason(services: Services, client: TestClient) -> None:
    services.desk.save(examples.watch())
    services.outbox.put([examples.delivery(id="one")])
    (item,) = client.get("/feeds/watches/harbour.json").json()["items"]
    assert item["content_text"] == (
        "Ada Lindqvist said: The harbour will stay open\n\ncourier.example: Harbour stays open\n\nsaid by"
    )


def test_a_denial_is_a_denial_in_feeds(services: Services, client: TestClient) -> None:
    text = "Ada Lindqvist denied that the harbour would close."
    of = examples.article("https://courier.example/denied", text=text)
    cue = examples.span(text, "denied")
    denied = examples.report(of, part="that the harbour would close", cue=cue, modality="denied")
    services.index.add([examples.decision(denied, offset=9)])
    titles = [item["title"] for item in client.get("/feeds/actors/ada-lindqvist.json").json()["items"]]
    assert "Ada Lindqvist denied that the harbour would close" in titles


def test_feeds_of_unknown_actors_are_not_found(client: TestClient) -> None:
    assert client.get("/feeds/actors/nobody.json").status_code == 404
    assert client.get("/feeds/watches/none.json").status_code == 404
    assert client.get("/feeds/actors/nobody.atom").status_code == 404
    assert client.get("/feeds/watches/none.atom").status_code == 404


def test_a_correction_is_an_entry_of_its_own(services: Services, client: TestClient) -> None:
    services.desk.save(examples.watch())
    first = examples.alert()
    made = Correction("removed", "quote")
    later = replace(
        first, id=alert_id("harbour", first.statement.id, "correction"), occasion="correction", kind="correction"
    )
    later = replace(later, correction=made)
    services.outbox.put([examples.delivery(first), examples.delivery(later)])
    entries = feedparser.parse(client.get("/feeds/watches/harbour.atom").content).entries
    assert len({entry.id for entry in entries}) == 2
    assert {entry.title.partition(":")[0] for entry in entries} == {"Ada Lindqvist said", "Correction"}


def test_statements_are_activities_about_the_speaker_by_this_desk(services: Services, client: TestClient) -> None:
    answer = client.get("/feeds/actors/ada-lindqvist/outbox")
    assert answer.headers["content-type"] == "application/activity+json"
    collection = answer.json()
    assert collection["@context"] == "https://www.w3.org/ns/activitystreams"
    assert (collection["type"], collection["id"]) == ("OrderedCollection", f"{HERE}/feeds/actors/ada-lindqvist/outbox")
    (activity,) = collection["orderedItems"]
    note = activity["object"]
    assert (activity["type"], activity["actor"]["type"]) == ("Create", "Service")
    assert note["attributedTo"] == {"type": "Person", "name": "Ada Lindqvist"}
    assert note["url"] == f"{HERE}/statements/{examples.statement().id}"
    assert note["attachment"][0]["href"] == "https://courier.example/harbour"
    assert note["contentMap"] == {"en": note["content"]}
    assert note["published"] == activity["published"] == "2026-03-02T11:00:00+00:00"
    assert note["id"] == client.get("/feeds/actors/ada-lindqvist.json").json()["items"][0]["id"]
    assert client.get("/feeds/actors/nobody/outbox").status_code == 404


def test_alerts_are_activities_whose_hostile_words_stay_words(services: Services, client: TestClient) -> None:
    statement = replace(examples.statement(), speaker_name=HOSTILE, text=HOSTILE)
    article = replace(statement.first.article, title=HOSTILE, url="javascript:alert(1)", language="")
    report = replace(statement.first, article=article)
    services.desk.save(examples.watch())
    services.outbox.put([examples.delivery(examples.alert(replace(statement, first=report)))])
    (activity,) = client.get("/feeds/watches/harbour/outbox").json()["orderedItems"]
    assert "&lt;script&gt;" in activity["object"]["content"]
    assert "<script>" not in activity["object"]["content"]
    assert "\x1b" not in str(activity)
    assert "attachment" not in activity["object"]
    assert "contentMap" not in activity["object"]
