"""Mails as a real mail server on loopback receives them."""

from dataclasses import replace

import pytest

from connectors import notify
from connectors.http.client import HttpClient
from pipeline.errors import SettingsError, UsageError
from pipeline.model import Correction, delivery_id
from pipeline.settings import Settings
from pipeline.text.targets import link
from tests.connectors.mailserver import MailServer, send
from tests.examples import alert, article, delivery, report, statement


def test_a_mail_has_the_alert_in_text_and_html(server: MailServer) -> None:
    send(server, delivery())
    (mail,) = server.mails
    assert mail["From"] == "desk@onrecord.example"
    assert mail["To"] == "reader@courier.example"
    assert mail["Subject"] == "Ada Lindqvist says: The harbour will stay open"
    assert mail["Message-ID"] == f"<{delivery().id}@onrecord.example>"
    assert mail["List-Id"] == "<harbour.onrecord.onrecord.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] == "list"
    assert mail["List-Unsubscribe"] is None
    assert [
        line.lower() for line in server.hears[:3]
    ] == [  # case differs between versions of Python, and means nothing
        "ehlo onrecord.example",
        "mail from:<desk@onrecord.example>",
        "rcpt to:<reader@courier.example>",
    ]
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    for part in (text.get_content(), html.get_content()):
        assert "The harbour will stay open" in part
        assert "https://courier.example/harbour" in part
        assert "Harbour: said by" in part


def test_every_try_sends_the_same_mail(server: MailServer) -> None:
    send(server, delivery())
    send(server, delivery(attempts=3))
    first, second = server.sources
    assert first == second


def test_a_correction_answers_the_mail_of_the_first_alert(server: MailServer) -> None:
    target = "email:reader@courier.example"
    created = Correction("changed", "quote", "The harbour will shut")
    first, later = alert(), replace(alert(), id="later", occasion="correction x", kind="correction", correction=created)
    for each in (first, later):
        id_ = delivery_id(each.statement.id, target, each.occasion)
        send(server, delivery(each, id=id_, target=target))
    assert server.mails[1]["In-Reply-To"] == server.mails[0]["Message-ID"] != server.mails[1]["Message-ID"]
    assert server.mails[0]["References"] == server.mails[1]["References"]
    assert server.mails[1]["Subject"].startswith("Corrected: Ada Lindqvist says")


def test_a_changed_statement_replies_to_the_mail_of_the_one_it_changes(server: MailServer) -> None:
    target = "email:reader@courier.example"
    first, later = alert(), alert(replace(statement(), id="later", changed_from=statement().id))
    send(server, delivery(first, id=delivery_id(first.statement.id, target), target=target))
    send(server, delivery(later, id=delivery_id("later", target), target=target))
    assert server.mails[1]["In-Reply-To"] == server.mails[0]["Message-ID"]
    assert server.mails[0]["References"] == server.mails[1]["References"]
    assert server.mails[0]["In-Reply-To"] is None
    assert server.mails[1]["Subject"].startswith("Ada Lindqvist says otherwise")


@pytest.mark.parametrize(("address", "one_click"), [("https://desk.example", True), ("http://desk.example", False)])
def test_a_mail_has_an_unsubscribe_link(server: MailServer, address: str, one_click: bool) -> None:
    web = {"address": address, "secret": "a secret of thirty-two characters"}
    of = delivery(target="email:reader@courier.example")
    send(server, of, web=web)
    (mail,) = server.mails
    settings = Settings.model_validate({"web": web})
    leave = link(settings.web, ["harbour"], of.target)
    assert leave.startswith(f"{address}/unsubscribe/harbour/")
    assert "".join(mail["List-Unsubscribe"].split()) == f"<{leave}>"
    assert mail["List-Unsubscribe-Post"] == ("List-Unsubscribe=One-Click" if one_click else None)
    html = mail.get_body(("html",))
    assert html is not None
    assert leave in html.get_content()
    assert f"{address}/statements/{statement().id}" in html.get_content()


def test_a_digest_is_of_a_thread_of_digests_and_leaves_all_its_watches(server: MailServer) -> None:
    web = {"address": "https://desk.example", "secret": "a secret of thirty-two characters"}
    other = replace(alert(replace(statement(), id="later", text="The port will not")), watch_id="port")
    target = "email:reader@courier.example"
    digest = delivery(also=(other,), parts=("a", "b"), target=target, planned=alert().created)
    send(server, digest, web=web)
    send(server, replace(digest, id="next"), web=web)
    mail, following = server.mails
    assert mail["Subject"] == "2 statements: Ada Lindqvist (2)"
    assert mail["References"] == following["References"] != mail["Message-ID"]
    assert mail["List-Id"] == following["List-Id"]
    assert mail["In-Reply-To"] is None
    leave = link(Settings.model_validate({"web": web}).web, ["harbour", "port"], target)
    assert "".join(mail["List-Unsubscribe"].split()) == f"<{leave}>"
    text = mail.get_body(("plain",))
    assert text is not None
    for part in ("The harbour will stay open", "The port will not", leave):
        assert part in text.get_content()


def test_ids_and_links_stand_in_the_source_as_they_are_however_long(server: MailServer) -> None:
    web = {"address": "https://desk.of-a-long-name.example/record", "secret": "a secret of thirty-two characters"}
    of = alert(replace(statement(), id="2" * 32, changed_from="1" * 32))
    long = delivery(replace(of, watch_id="a-long-" * 14), id="3" * 32, target="email:reader@courier.example")
    send(server, long, web=web, sender="desk@" + "a-long-name." * 8 + "example")
    (source,) = server.sources
    head = source.decode("ascii").partition("\r\n\r\n")[0]
    fields = dict(line.split(": ", 1) for line in head.split("\r\n") if not line.startswith(" "))
    domain = "a-long-name." * 8 + "example"
    assert fields["Message-ID"] == f"<{'3' * 32}@{domain}>"
    assert fields["References"] == f"<{'1' * 32}@{domain}>"
    assert fields["In-Reply-To"].endswith(f"@{domain}>")
    assert fields["List-Id"] == f"<{'a-long-' * 14}.onrecord.{domain}>"
    settings = Settings.model_validate({"web": web})
    assert fields["List-Unsubscribe"] == f"<{link(settings.web, ['a-long-' * 14], long.target)}>"
    assert max(map(len, source.split(b"\r\n"))) < 998


def test_a_link_that_no_line_can_hold_stays_in_the_text(server: MailServer) -> None:
    web = {"address": "https://desk.example", "secret": "a secret of thirty-two characters"}
    send(server, delivery(replace(alert(), watch_id="港" * 200)), web=web)
    (mail,) = server.mails
    assert mail["List-Unsubscribe"] is None
    text = mail.get_body(("plain",))
    assert text is not None
    assert "https://desk.example/unsubscribe/%E6%B8%AF" in text.get_content()
    assert max(map(len, server.sources[0].split(b"\r\n"))) < 998


def test_the_sender_can_have_a_name(server: MailServer) -> None:
    send(server, delivery(), sender='"Desk, nights – ÄÖ" <desk@onrecord.example>')
    (mail,) = server.mails
    (sender,) = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Desk, nights – ÄÖ", "desk@onrecord.example")


def test_words_of_any_script_arrive_whole(server: MailServer) -> None:
    said = "Der Hafen „bleibt“ offen – 港は開いている 🚢 " * 40
    send(server, delivery(alert(replace(statement(), text=said))))
    text = server.mails[0].get_body(("plain",))
    assert text is not None
    assert said.strip() in text.get_content()


def test_a_quote_cannot_become_a_header_or_markup(server: MailServer) -> None:
    hostile = replace(statement(report(article(title="<script>x</script>"))), text="open\r\nBcc: all@x.example <b>")
    send(server, delivery(replace(alert(hostile), watch_id="x>\r\nBcc: all")))
    (mail,) = server.mails
    assert mail["Bcc"] is None
    html = mail.get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()
    assert "<b>" not in html.get_content()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "reader",
        "a@b\r\nRCPT TO:<c@d>",
        "a b@c.example",
        "Reader <a@b.example>",
        "a@-b.example",
        "a@b..example",
        "ä@b.example",
        "a@é.example",
    ],
)
def test_a_malformed_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="no e-mail address"):
        notify.notifier(f"email:{address}", Settings(), HttpClient(Settings().fetch))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, r"email\.host is not set"),
        ({"host": "mail.example"}, r"email\.sender is ''"),
        ({"host": "mail.example", "sender": "a@b.example\r\nBcc: c@d.example"}, r"email\.sender is "),
        ({"host": "mail.example", "sender": "A\x00 <a@b.example>"}, r"email\.sender is "),
        ({"host": "mail.example", "sender": "a@b.example", "password": "schlüssel"}, "outside ASCII"),
    ],
)
def test_settings_that_are_missing_are_named(changes: dict[str, str], message: str) -> None:
    settings = Settings.model_validate({"email": changes})
    with pytest.raises(SettingsError, match=message):
        notify.notifier("email:reader@courier.example", settings, HttpClient(settings.fetch))
