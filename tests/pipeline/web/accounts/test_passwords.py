"""A password is none that guessers try first: neither a common one nor a name, nor either with a little around it."""

import pytest

from pipeline.errors import UsageError
from pipeline.web.accounts.passwords import LEAST_PASSWORD, check_password, common_passwords
from tests import examples

USER = examples.user(id="carla-johansson", name="Carla Johansson")
COMMON = (
    *("sonyericsson", "SonyEricsson", "q1w2e3r4t5y6", "motherfucker", "manchester united", "manchesterunited"),
    *(
        "password1234",
        "PassWord!2026",
        "123password456",
        "  sunshine!!!!!",
        "iloveyou-1987",
        "ｐａｓｓｗｏｒｄ１２３４",
    ),
    *("passwordpassword", "dragondragon1", "qwertyqwerty!"),
    *("onrecord 2026", "OnTheRecord!", "on-the-record"),
    *("carla johansson", "CarlaJohansson", "Johansson1984", "johanssonjohansson", "carla!!!!!!!2"),
)
HARD = (
    *("seven blue kettles", "password of the harbour", "kettle-harbour-94", "123456 blue kettles", "x7#Kq!m2Lw9$"),
    *("carla likes rain", "the record is on hold", "καφές στις εννέα", "雨の日は港で会いましょうね"),
)


@pytest.mark.parametrize("password", COMMON)
def test_a_common_password_is_refused(password: str) -> None:
    with pytest.raises(UsageError, match="common password") as refused:
        check_password(password, USER)
    assert password not in str(refused.value)


@pytest.mark.parametrize("password", HARD)
def test_a_password_that_nobody_tries_first_is_accepted(password: str) -> None:
    check_password(password, USER)


def test_all_listed_passwords_that_are_long_enough_are_refused() -> None:
    long = [password for password in common_passwords() if len(password) >= LEAST_PASSWORD]
    assert len(long) > 450
    for password in long:
        with pytest.raises(UsageError):
            check_password(password, USER)
