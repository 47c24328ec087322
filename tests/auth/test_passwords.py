"""Passwords: Argon2id at the stated cost, bounded, and none that is guessed first."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fixtures.accounts import CHEAP

from vectal.auth import passwords as module
from vectal.auth.errors import ThrottledError
from vectal.auth.passwords import Passwords, check_new_password
from vectal.platform.errors import InvalidInputError


async def test_the_cost_is_what_we_say() -> None:
    passwords = Passwords()
    hashed = await passwords.hash("plain sailing 42")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await passwords.verify("plain sailing 42", hashed)).ok
    passwords.close()


async def test_only_the_right_one_fits() -> None:
    passwords = Passwords(CHEAP)
    hashed = await passwords.hash("plain sailing 42")
    assert hashed != await passwords.hash("plain sailing 42")
    for wrong in ("", "plain sailing 43", "PLAIN SAILING 42", "plain sailing 42 "):
        assert not (await passwords.verify(wrong, hashed)).ok
    for stored in (None, "", "$argon2id$nonsense", "plain sailing 42", "$2b$12$bcrypt"):
        assert not (await passwords.verify("plain sailing 42", stored)).ok
    passwords.close()


async def test_who_is_prepared_refuses_all_the_same() -> None:
    passwords = Passwords(CHEAP)
    passwords.prepare()
    assert not (await passwords.verify("plain sailing 42", None)).ok
    passwords.close()


async def test_two_spellings_of_a_letter_are_one() -> None:
    passwords = Passwords(CHEAP)
    hashed = await passwords.hash("caf\u00e9 and more")
    assert (await passwords.verify("cafe\u0301 and more", hashed)).ok
    passwords.close()


async def test_a_flood_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_WAITING", 3)
    passwords = Passwords(CHEAP, concurrency=1)
    outcomes = await asyncio.gather(
        *(passwords.hash("plain sailing 42") for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(each, ThrottledError) for each in outcomes) == 5
    assert await passwords.hash("plain sailing 42")
    passwords.close()


@pytest.mark.parametrize(
    "weak",
    [
        "",
        "ninechars",
        "aaaaaaaaaaaa",
        "abababababab",
        "password123",
        "QWERTYUIOP",
        "me@example.com",
    ],
)
def test_what_is_guessed_first_is_refused(weak: str) -> None:
    with pytest.raises(InvalidInputError):
        check_new_password(weak, "me@example.com")


@given(st.text(min_size=10, max_size=256))
def test_any_text_is_judged_without_a_fault(text: str) -> None:
    try:
        check_new_password(text, "me@example.com")
    except InvalidInputError as error:
        assert text not in error.detail  # noqa: PT017 - most passwords are fine
