"""Sessions are listed with what their users recognise them by, and ended by nobody else but admins."""

import pytest

from pipeline.errors import UsageError
from pipeline.model import Session
from pipeline.testing import FakeDesk
from pipeline.web.accounts.sessions import browser_name, end_session
from tests import examples


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0"
            " Safari/537.36 Edg/141.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile"
            " Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0"
            " Safari/605.1.15",
            "Safari on macOS",
        ),
        ("<script>alert(1)</script>", ""),
        ("curl/8.0", ""),
        ("", ""),
    ],
)
def test_a_browser_has_a_short_name(agent: str, name: str) -> None:
    assert browser_name(agent) == name


def test_a_user_ends_no_session_of_another() -> None:
    desk = FakeDesk()
    desk.save(examples.session(user="ada-ek"), examples.session(id="1234", user=""))
    for session_id in ("5e55", "1234", "none"):
        with pytest.raises(UsageError, match="no such session"):
            end_session(desk, session_id, "bo-berg")
    assert len(desk.all(Session)) == 2
    end_session(desk, "5e55", "ada-ek")
    end_session(desk, "1234")
    assert desk.all(Session) == []
