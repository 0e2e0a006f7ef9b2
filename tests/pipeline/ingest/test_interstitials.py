"""Pages that come in place of an article or a feed are named."""

import pytest

from pipeline.ingest.interstitials import interstitial, is_cut_by_paywall

STORY = "The council decided on Monday to keep the harbour open, the mayor said. " * 10


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("404 - The Courier", "", "a page that says it was not found"),
        ("Error 404", "", "a page that says it was not found"),
        ("Page not found | The Courier", "Sorry.", "a page that says it was not found"),
        ("Seite nicht gefunden", "", "a page that says it was not found"),
        ("Just a moment...", "", "a check for robots"),
        ("The Courier", "Please verify that you are human.", "a check for robots"),
        ("The Courier", "Please enable JavaScript and cookies to continue", "a check for robots"),
        ("Access Denied", "You do not have permission.", "a check for robots"),
        ("Before you continue", "", "a consent page"),
        ("We value your privacy", "", "a consent page"),
        ("The Courier", "We and our 823 partners store information on a device.", "a consent page"),
        ("Cookie consent", "", "a consent page"),
        ("Datenschutz-Einstellungen", "", "a consent page"),
        ("Sign in - The Courier", "", "a login page"),
        ("Log in to continue", "", "a login page"),
        ("Anmelden", "", "a login page"),
        ("The Courier", "", ""),
        ("Missing dog not found after storm", STORY, ""),
        ("The mayor on consent", STORY, ""),
        ("Log cabins in fashion", STORY, ""),
        ("We value your privacy, says ministry", STORY * 10, ""),
        ("Harbour stays open", STORY, ""),
        ("", "", ""),
    ],
)
def test_walls(title: str, text: str, expected: str) -> None:
    assert interstitial(title, text) == expected


def test_a_short_page_that_asks_for_a_password_is_a_login_page() -> None:
    assert interstitial("The Courier", "E-mail Password", password=True) == "a login page"
    assert interstitial("The Courier", STORY, password=True) == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Read on with advertising. We and our partners store things. You may accept all or leave.", "a consent page"),
        ("Lesen Sie uns mit Werbung und Tracking oder werbefrei im Pur-Abo.", "a consent page"),
        ("Avec nos partenaires, nous vous demandons votre consentement.", "a consent page"),
        ("I nostri 1.204 partner usano i cookie.", "a consent page"),
        ("Onze partners vragen je toestemming.", "a consent page"),
        ("Nie pamiętasz hasła? Nie masz konta?", "a login page"),
        ("Glemt adgangskode? Opret en konto.", "a login page"),
        ("Wraz z naszymi partnerami przechowujemy pliki cookie.", "a consent page"),
        ("Vi og våre 84 partnere bruker informasjonskapsler.", "a consent page"),
        ("Мы и наши партнёры храним файлы cookie.", "a consent page"),
        ("Ми та наші партнери зберігаємо файли cookie.", "a consent page"),
        ("Biz ve iş ortaklarımız, çerezler gibi bilgileri saklıyoruz.", "a consent page"),
        ("当社とパートナーは、クッキーを使います。", "a consent page"),
        ("我们和合作伙伴使用Cookie。您可以撤回同意。", "a consent page"),
        ("당사와 파트너는 쿠키를 사용합니다. 모두 동의", "a consent page"),
        ("نحن وشركاؤنا نستخدم ملفات تعريف الارتباط.", "a consent page"),
        ("Забыли пароль? Нет аккаунта?", "a login page"),
        ("パスワードをお忘れの方 新規会員登録", "a login page"),
        ("Суд запретил файлы cookie на сайтах ведомств, сообщил министр.", ""),
        ("The minister said that our privacy is at stake if all cookies stay.", ""),
    ],
)
def test_notices_are_known_by_their_phrases(text: str, kind: str) -> None:
    assert interstitial("Courier", text) == kind


def test_an_article_on_advertising_is_no_notice() -> None:
    assert interstitial("Courier", "Lesen mit Werbung und Tracking im Pur-Abo. " + "Es geht um den Hafen. " * 60) == ""


@pytest.mark.parametrize(
    "end",
    [
        *("Already a subscriber? Log in.", "Exklusiv für Abonnenten", "Réservé aux abonnés.", "Bli abonnent i dag"),
        *("Только для подписчиков", "Лише для передплатників", "Zaten abone misiniz?", "この記事は有料会員限定です。"),
        *("订阅以继续阅读", "구독하고 계속 읽기", "للمشتركين فقط"),
    ],
)
def test_a_text_that_ends_in_an_offer_is_cut(end: str) -> None:
    assert is_cut_by_paywall(f"The harbour stays open.\n\n{end}")
    assert not is_cut_by_paywall(f"{end}\n\nOne.\n\nTwo.\n\nThree.")
    assert not is_cut_by_paywall("word " * 1_000 + end)
