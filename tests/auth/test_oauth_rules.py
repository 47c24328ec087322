"""Addresses that a code may go to, scopes that a program may have, and proofs."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from vectal.auth.oauth_rules import (
    OFFERED,
    OAuthError,
    check_redirect,
    is_challenge,
    is_registered,
    read_scopes,
    solves,
    with_answer,
)
from vectal.auth.principal import Scope

# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/callback?x=1",
        "http://127.0.0.1:8765/cb",
        "http://localhost/cb",
        "http://[::1]:9/cb",
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "com.example.app:/cb",
    ],
)
def test_addresses_of_programs_are_taken(uri: str) -> None:
    check_redirect(uri)
    assert is_registered(uri, uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/callback",
        "https://",
        "https:///cb",
        "https://app.example/cb#x",
        "https://app.example/c b",
        "https://me:secret@app.example/cb",
        "https://app.example\\@evil.example/\n",
        "http://app.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "https://app.example:99999/",
        "https://" + "a" * 500,
    ],
)
def test_other_addresses_are_not(uri: str) -> None:
    with pytest.raises(OAuthError) as caught:
        check_redirect(uri)
    assert caught.value.code == "invalid_redirect_uri"


def test_a_program_on_this_computer_may_listen_at_any_port() -> None:
    assert is_registered("http://127.0.0.1:5000/cb", "http://127.0.0.1:4000/cb")
    assert is_registered("http://127.0.0.1:5000/cb", "http://127.0.0.1/cb")
    assert not is_registered("http://localhost:5000/cb", "http://127.0.0.1:5000/cb")
    assert not is_registered("http://127.0.0.1:5000/cb2", "http://127.0.0.1:5000/cb")
    assert not is_registered("http://x@127.0.0.1:5000/cb", "http://127.0.0.1:5000/cb")
    assert not is_registered("https://app.example:1/cb", "https://app.example:2/cb")
    assert not is_registered("https://app.example/cb/", "https://app.example/cb")


def test_what_the_address_had_stays() -> None:
    answer = with_answer("https://app.example/cb?a=1&b=", code="c&d", state="", iss="https://v.x")
    assert parse_qs(urlsplit(answer).query) == {"a": ["1"], "code": ["c&d"], "iss": ["https://v.x"]}


def test_scopes_are_those_that_programs_may_have() -> None:
    assert read_scopes("") == OFFERED
    assert read_scopes(" tasks:read  ai:use ") == (Scope.AI_USE, Scope.TASKS_READ)
    for refused in ("*", "account:manage", "workspace:manage", "ai:use nonsense"):
        with pytest.raises(OAuthError):
            read_scopes(refused)
    never = {Scope.ALL, Scope.ACCOUNT_MANAGE, Scope.ACCOUNT_READ, Scope.WORKSPACE_MANAGE}
    assert not never & set(OFFERED)


def test_a_challenge_is_solved_by_its_verifier_alone() -> None:
    assert is_challenge(CHALLENGE)
    assert solves(VERIFIER, CHALLENGE)
    assert not solves(VERIFIER[:-1] + "l", CHALLENGE)
    assert not solves(CHALLENGE, CHALLENGE)
    assert not solves("short", CHALLENGE)
    assert not solves("é" * 43, CHALLENGE)
    assert not is_challenge(CHALLENGE + "=")
    assert not is_challenge("")
