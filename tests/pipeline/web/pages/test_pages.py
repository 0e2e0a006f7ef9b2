"""The pages show the record, and run nothing that came from outside."""

import gzip
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from connectors.files.evidence import WarcEvidence
from pipeline.model import Correction, Dated, Decision, Report
from pipeline.ports import DEAD_LETTERS, Message, Response
from pipeline.services import Services
from pipeline.sources import Exchange
from tests import examples
from tests.pipeline.web.test_explain import HOSTILE, hostile, read
from tests.pipeline.web.test_search import copied_and_corrected

STATEMENT = examples.statement().id
ARTICLE = examples.article().id


def test_the_record_shows_who_said_it_and_how(browser: TestClient) -> None:
    page = browser.get("/record").text
    assert 'href="/people/ada-lindqvist"' in page
    assert '<span class="how asserted" dir="auto">said</span>' in page
    assert "The harbour will stay open" in page
    assert "2 reports" in page
    assert '<span class="new" role="img" aria-label="new" title="new"></span>' in page
    assert ">new<" not in page
    assert 'href="https://courier.example/harbour"' in page


def test_a_statement_takes_the_direction_of_its_words(services: Services, browser: TestClient) -> None:
    services.index.add([right_to_left()])
    page = browser.get("/record").text
    paragraph = next(piece for piece in page.split("<p ") if "الميناء" in piece)
    before_the_words = paragraph.partition('<a class="words"')[0]
    assert 'dir="auto"' in before_the_words.partition(">")[0]
    assert all(" dir=" in element for element in before_the_words.split("<")[1:] if element[0] != "/")


def right_to_left() -> Decision:
    text = "قالت Ada Lindqvist إن الميناء سيبقى مفتوحا"
    of = examples.article("https://courier.example/ar", text=text, language="ar")
    part, cue = "الميناء سيبقى مفتوحا", examples.span(text, "قالت")
    return examples.decision(examples.report(of, part=part, cue=cue), offset=9)


def test_a_report_has_one_line_with_the_rest_folded(browser: TestClient) -> None:
    page = browser.get(f"/statements/{STATEMENT}").text
    reports = page.partition('class="statements reports"')[2].split("<li>")[1:]
    assert len(reports) == 2
    for report in reports:
        line, _, folded = report.partition("<details>")
        assert line.count('class="meta"') == 1
        assert "sure of the speaker" in folded.partition("</details>")[0]


def test_reports_and_small_charts_name_the_ends_of_their_time(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.feed())
    for path in ("/", "/feeds"):
        page = browser.get(path).text
        assert "<span>2 Mar</span></div>" in page, path
        assert "<span>max. " in page, path
    spread = browser.get(f"/statements/{STATEMENT}").text.partition('class="lanes"')[2].partition("</section>")[0]
    assert '<div class="axis" aria-hidden="true"><span>' in spread


def test_a_denial_is_worded_as_a_denial(services: Services, browser: TestClient) -> None:
    text = "Ada Lindqvist denied that the harbour would close."
    of = examples.article("https://courier.example/denied", text=text)
    part, cue = "that the harbour would close", examples.span(text, "denied")
    denied = examples.decision(examples.report(of, part=part, cue=cue, modality="denied"), offset=9)
    services.index.add([denied])
    for path in ("/", "/record", "/people/ada-lindqvist?tab=denied", f"/statements/{denied.statement.id}"):
        assert '<span class="how denied" dir="auto">denied</span>' in browser.get(path).text, path
    assert "The harbour will stay open" not in browser.get("/record?said=denied").text


@pytest.mark.parametrize("path", ["/", "/alerts", "/record", "/people"])
def test_every_page_has_one_field_to_search_the_record(browser: TestClient, path: str) -> None:
    assert browser.get(path).text.count('<input type="search" name="q" id="q"') == 1


def test_a_search_is_narrowed_by_speakers_by_their_names(services: Services, browser: TestClient) -> None:
    report = examples.report(
        examples.article("https://courier.example/b"), speaker_name="Jonas Berg", speaker_id="jonas-berg"
    )
    services.index.add([examples.decision(report, offset=2)])
    page = browser.get("/record?q=harbour").text
    assert ">Jonas Berg</a>" in page
    assert ">Ada Lindqvist</a>" in page


def test_old_statements_are_not_new(services: Services, browser: TestClient) -> None:
    services.clock.move(timedelta(days=2))  # type: ignore[attr-defined]  # a FakeClock
    assert 'aria-label="new"' not in browser.get("/record").text


def test_a_changed_statement_says_so(services: Services, browser: TestClient) -> None:
    report = examples.report(examples.article("https://courier.example/b"))
    changed = replace(examples.statement(report), changed_from=STATEMENT)
    services.index.add([examples.decision(report, statement=changed, verdict="changed")])
    assert 'class="badge changed"' in browser.get("/record").text
    page = browser.get(f"/statements/{changed.id}").text
    assert f'href="/statements/{STATEMENT}"' in page


@pytest.mark.parametrize(("accepted", "order"), [("fr-CA, de;q=0.5", ["fr", "de"]), ("de", ["de", "fr"])])
def test_a_statement_is_shown_in_the_languages_that_reported_it_the_reader_s_first(
    services: Services, browser: TestClient, accepted: str, order: list[str]
) -> None:
    said = examples.statement()
    texts = {
        "de": "Der Hafen bleibt offen, sagte Ada Lindqvist.",
        "fr": "Le port restera ouvert, a dit Ada Lindqvist.",
    }
    for number, (language, text) in enumerate(texts.items(), 2):
        article = examples.article(f"https://{language}.example/", text=text, language=language)
        report = Report(examples.quote(article, text.partition(",")[0]), examples.reference(article))
        services.index.add([examples.decision(report, statement=said, verdict="repeated", offset=number)])
    page = browser.get(f"/statements/{STATEMENT}", headers={"accept-language": accepted}).text
    head = page.partition("independent source")[0]
    places = [head.index(texts[language].partition(",")[0]) for language in order]
    assert places == sorted(places)


def test_versions_of_a_statement_are_in_the_order_of_publication(services: Services, browser: TestClient) -> None:
    published = examples.NOON - timedelta(days=9)
    report = examples.report(examples.article("https://courier.example/b", source="post.example", published=published))
    earlier = replace(examples.statement(report), changed_from=STATEMENT)
    services.index.add([examples.decision(report, statement=earlier, verdict="changed")])
    versions = browser.get(f"/statements/{earlier.id}").text.partition('<ol class="versions">')[2].partition("</ol>")[0]
    assert versions.index("post.example") < versions.index("courier.example")


def test_older_pages_are_linked(services: Services, browser: TestClient) -> None:
    reports = [examples.report(examples.article(f"https://courier.example/{n}")) for n in range(25)]
    services.index.add([examples.decision(report, offset=n) for n, report in enumerate(reports, 2)])
    page = browser.get("/record").text
    older = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert browser.get(older).status_code == 200
    assert browser.get(older).text.count("/statements/") + page.count("/statements/") >= 26


def test_a_wrong_query_is_pointed_at_under_the_box(browser: TestClient) -> None:
    answer = browser.get("/record", params={"q": "harbour OR )"})
    assert answer.status_code == 400
    assert "harbour OR )\n           ^" in answer.text
    assert 'value="harbour OR )"' in answer.text


@pytest.mark.parametrize("collection", ["statements", "quotes", "articles"])
def test_matches_are_highlighted(browser: TestClient, collection: str) -> None:
    page = browser.get("/record", params={"q": "harbour", "in": collection}).text
    assert "<mark>harbour</mark>" in page


def test_a_statement_shows_its_evidence(browser: TestClient) -> None:
    page = browser.get(f"/statements/{STATEMENT}").text
    assert page.index("courier.example") < page.index("gazette.example")
    assert "in the same words" in page
    assert f'href="/articles/{ARTICLE}?revision=1"' in page


def test_a_statement_shows_which_reports_are_copies_and_which_were_taken_back(
    services: Services, browser: TestClient
) -> None:
    services.index.add(copied_and_corrected())
    page = browser.get(f"/statements/{STATEMENT}").text
    assert f'copy of <a href="/articles/{ARTICLE}">courier.example</a>' in page
    assert "3 reports, 2 independent sources" in page
    assert page.count('class="badge">withdrawn') == 1
    assert "taken out in revision 2" in page


def test_a_statement_that_no_article_reports_any_more_is_withdrawn_and_offers_no_citation(
    services: Services, browser: TestClient
) -> None:
    other = examples.report(examples.article("https://tribune.example/only", source="tribune.example"))
    first = examples.decision(other, statement=replace(examples.statement(other), id="alone"), offset=4)
    gone = replace(other, quote=replace(other.quote, id="gone"), correction=Correction("reattributed", other.quote.id))
    services.index.add([first])
    standing = browser.get("/statements/alone").text
    assert ("Withdrawn" in standing, "Copy with its citation" in standing) == (False, True)
    services.index.add([examples.decision(gone, statement=first.statement, verdict="corrected", offset=5)])
    withdrawn = browser.get("/statements/alone").text
    assert "<title>Withdrawn: Ada Lindqvist" in withdrawn
    assert "no article reports this statement any more" in withdrawn
    assert "Copy with its citation" not in withdrawn


def test_an_article_shows_its_quotes_in_its_last_revision(browser: TestClient) -> None:
    assert read(browser.get(f"/articles/{ARTICLE}").text).shown.strip() == f"{examples.TEXT} The council agreed."
    assert read(browser.get(f"/articles/{ARTICLE}?revision=1").text).shown.strip() == examples.TEXT


def test_a_revision_that_is_not_there_is_named_beside_the_last(browser: TestClient) -> None:
    answer = browser.get(f"/articles/{ARTICLE}?revision=7")
    assert answer.status_code == 404
    assert "the article has no revision 7; its last is 2" in answer.text


def test_the_source_of_an_article_leads_to_its_articles(browser: TestClient) -> None:
    page = browser.get("/record?in=articles&q=harbour").text
    assert '<a href="/record?source=courier.example">courier.example</a>' in page


@pytest.mark.parametrize("path", ["/statements/x", "/articles/x", "/nowhere", f"/articles/{ARTICLE}?revision=9"])
def test_an_unknown_address_is_an_error_page(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "<h1>Not found</h1>" in answer.text


def test_an_empty_desk_says_what_to_do(services: Services, browser: TestClient) -> None:
    assert "Nothing found." in browser.get("/record?q=nothing").text
    assert "Nothing to do" in browser.get("/alerts").text
    assert "No source is followed yet." in browser.get("/feeds").text
    assert "No watches yet" in browser.get("/watches").text


def test_feeds_show_their_health(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.feed(), examples.feed_state(failures=3, last_error="courier.example answered 503"))
    page = browser.get("/feeds").text
    assert 'class="badge failing"' in page
    assert "courier.example answered 503" in page


def test_a_page_describes_the_api(browser: TestClient) -> None:
    page = browser.get("/api").text
    assert "<b>GET</b> /api/v1/search" in page
    assert not any(address.startswith("http") for address in read(page).addresses)


def test_hostile_words_stay_words_everywhere(services: Services, browser: TestClient) -> None:
    document = hostile()
    reference = replace(examples.reference(document.article), language='"><script>')
    report = replace(examples.report(), quote=document.quotes[0], article=reference)
    decision = examples.decision(report, how=HOSTILE, offset=5)
    alert = replace(examples.alert(decision.statement), watch_name=HOSTILE, why=HOSTILE)
    about_another = examples.report(examples.article("https://courier.example/2"), about=("bo-ek",))
    services.index.add([document, decision, examples.decision(about_another, offset=6)])
    services.outbox.put([examples.delivery(alert, id=HOSTILE, target=HOSTILE, last_error=HOSTILE, state="failed")])
    services.desk.save(
        examples.feed(f"javascript:{HOSTILE}", title=HOSTILE),
        examples.feed_state(f"javascript:{HOSTILE}", last_error=HOSTILE, failures=1),
        examples.actor(HOSTILE, id=HOSTILE, aliases=(HOSTILE,)),
        examples.actor(HOSTILE, id="bo-ek", aliases=()),
        examples.actor(HOSTILE, aliases=()),
        examples.watch(name=HOSTILE, query=HOSTILE, sources=(HOSTILE,), deliver=(HOSTILE,)),
    )
    services.log.append(DEAD_LETTERS, [Message(HOSTILE, HOSTILE.encode(), {"error": HOSTILE, "step": HOSTILE})])
    pages = [
        "/record",
        "/record?in=quotes",
        "/record?in=articles",
        f"/statements/{decision.statement.id}",
        f"/articles/{document.article.id}",
        "/alerts",
        "/people",
        f"/people/{quote(decision.statement.speaker_id, safe='')}",
        "/network",
        "/",
        "/alerts?view=all",
        f"/source?feed={quote(f'javascript:{HOSTILE}', safe='')}",
        "/watches",
        "/feeds",
        "/dead-letters",
    ]
    for path in pages:
        answer = browser.get(path)
        assert answer.status_code == 200, path
        reader = read(answer.text)
        assert answer.text.count("<script") == answer.text.count('<script src="/static/desk.js" defer></script>') == 1
        assert "alert(1)" in answer.text, path
        assert not {"img", "iframe", "style"} & set(reader.tags), path
        assert not any(address.strip().lower().startswith("javascript") for address in reader.addresses), path


def test_hostile_questions_stay_words(browser: TestClient) -> None:
    for path in ("/record", "/login"):
        answer = browser.get(path, params={"q": HOSTILE, "to": HOSTILE, "in": "articles"})
        assert answer.text.count("<script") == 1
        assert "img" not in read(answer.text).tags


def test_changes_since_the_previous_revision_are_shown(browser: TestClient) -> None:
    last, first = (browser.get(f"/articles/{ARTICLE}{query}").text for query in ("", "?revision=1"))
    assert "Changed since revision 1" in last
    assert "<ins>The council agreed.</ins>" in last
    assert "Changed since" not in first


def test_an_article_has_agency_section_and_dates(services: Services, browser: TestClient) -> None:
    dates = (Dated("published", examples.NOON, "feed"), Dated("modified", examples.NOON, "json-ld"))
    one = examples.article("https://courier.example/9", agency="Wire", section="City", dates=dates)
    services.index.add([examples.document(one)])
    page = browser.get(f"/articles/{one.id}").text
    assert "by Wire" in page
    assert "City" in page
    assert "(json-ld)" in page


def test_the_first_report_is_the_earliest_published_and_its_text_the_original(
    services: Services, browser: TestClient
) -> None:
    earlier = examples.article("https://wire.example/1", source="Wire", published=examples.NOON - timedelta(hours=3))
    statement = examples.decision().statement
    copied = examples.decision(
        examples.report(earlier), statement=statement, verdict="repeated", offset=4, copy_of=(ARTICLE,)
    )
    services.index.add([copied])
    page = browser.get(f"/statements/{STATEMENT}").text
    assert 'first in <b dir="auto">Wire</b>' in page
    assert f'copy of <a href="/articles/{earlier.id}">Wire</a>' in page


def test_the_sentence_around_a_quote_is_shown(browser: TestClient) -> None:
    page = browser.get(f"/statements/{STATEMENT}").text
    assert '<span class="aside">, Mayor Ada Lindqvist said on Monday.</span>' in page


def test_two_searches_are_compared_day_by_day(services: Services, browser: TestClient) -> None:
    later = examples.article("https://courier.example/b", published=examples.NOON + timedelta(days=2))
    services.index.add([examples.decision(examples.report(later), offset=5)])
    page = browser.get("/compare", params={"q": "harbour", "other": "harbour before:2026-03-03"}).text
    assert page.count("<span>2 Mar 2026 – 4 Mar 2026</span>") == 2
    assert "2 statements" in page
    assert "1 statement<" in page
    assert "Nothing found" in browser.get("/compare?q=harbour&other=xyzzy").text
    wrong = browser.get("/compare?q=harbour&other=(harbour")
    assert wrong.status_code == 400
    assert 'value="(harbour"' in wrong.text
    assert 'href="/compare?q=harbour"' in browser.get("/record?q=harbour").text


def test_the_evidence_of_an_article_is_linked_and_downloaded(
    services: Services, browser: TestClient, open_web: FastAPI
) -> None:
    assert "/evidence" not in browser.get(f"/articles/{ARTICLE}").text
    assert browser.get(f"/articles/{ARTICLE}/evidence").status_code == 404
    evidence = WarcEvidence(services.settings.file.parent / "evidence", timedelta(days=1))
    response = Response(200, {}, b"<p>The harbour stays open.</p>", examples.article().url, sent={"host": "a.example"})
    evidence.hold(ARTICLE, Exchange(response.url, response, examples.NOON))
    open_web.state.app = replace(services, evidence=evidence)
    assert f'href="/articles/{ARTICLE}/evidence"' in browser.get(f"/articles/{ARTICLE}").text
    assert response.body in gzip.decompress(browser.get(f"/articles/{ARTICLE}/evidence").content)
