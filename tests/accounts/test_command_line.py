"""`vectal users` and `vectal keys`, as a script runs them beside a server."""

import asyncio
import json
import secrets

import pytest
from tests.fixtures.accounts import MakeClient
from tests.fixtures.command_line import Vectal

from vectal.auth.contracts import Device
from vectal.auth.credentials import Credential
from vectal.auth.errors import InvalidCredentialsError
from vectal.auth.service import AuthService

PASSWORD = "a long walk 88"


@pytest.fixture
def email() -> str:
    return f"cli-{secrets.token_hex(6)}@example.com"


async def _create(vectal: Vectal, email: str, *more: str) -> tuple[int, str, str]:
    words = ("users", "create", "--email", email, "--password-stdin", *more)
    return await vectal(*words, typed=PASSWORD + "\n")


async def test_an_account_and_its_key_are_made(
    vectal: Vectal, auth: AuthService, edge_client: MakeClient, email: str
) -> None:
    status, out, complaints = await _create(vectal, email, "--admin", "--json")
    assert status == 0, complaints
    assert json.loads(out)["is_admin"] is True
    assert (await auth.sign_in.log_in(email, PASSWORD, Device())).user.is_admin

    words = ("keys", "create", "--email", email, "--scopes", "account:read,tasks:read", "--json")
    status, out, complaints = await vectal(*words)
    assert status == 0, complaints
    made = json.loads(out)
    assert made["scopes"] == ["account:read", "tasks:read"]
    me = await edge_client(headers={"x-api-key": made["key"]}).get("/api/v1/me")
    assert me.json()["email"] == email


async def test_a_second_account_for_an_address_is_refused(vectal: Vectal, email: str) -> None:
    assert (await _create(vectal, email))[0] == 0
    status, out, complaints = await _create(vectal, email.upper())
    assert (status, out) == (1, "")
    assert "exists already" in complaints
    assert "Traceback" not in complaints


async def test_what_can_not_be_done_is_said_plainly(vectal: Vectal, email: str) -> None:
    for words, typed, said in (
        (("users", "create", "--email", email, "--password-stdin"), "short\n", "at least 10"),
        (("users", "create", "--email", "nobody", "--password-stdin"), PASSWORD, "e-mail"),
        (("users", "create", "--email", email), "", "--password-stdin"),
        (("users", "disable", "--email", email), "", "no account"),
        (("keys", "create", "--email", email, "--scopes", "tasks:read"), "", "no account"),
        (("keys", "create", "--email", email, "--scopes", "tasks:raed"), "", "tasks:read"),
    ):
        status, out, complaints = await vectal(*words, typed=typed)
        assert (status, out) == (1, ""), words
        assert said in complaints, words
        assert "Traceback" not in complaints, words


async def test_a_password_is_reset_and_an_account_shut(
    vectal: Vectal, auth: AuthService, email: str
) -> None:
    assert (await _create(vectal, email))[0] == 0
    opened = await auth.sign_in.log_in(email, PASSWORD, Device())
    words = ("users", "set-password", "--email", email, "--password-stdin")
    assert (await vectal(*words, typed="another long walk\n"))[0] == 0
    await asyncio.sleep(0.5)
    with pytest.raises(Exception, match="expired"):
        await auth.authenticate(Credential(opened.access_token))
    await auth.sign_in.log_in(email, "another long walk", Device())
    assert (await vectal("users", "disable", "--email", email))[0] == 0
    with pytest.raises(InvalidCredentialsError):
        await auth.sign_in.log_in(email, "another long walk", Device())
    assert (await vectal("users", "enable", "--email", email))[0] == 0
    await auth.sign_in.log_in(email, "another long walk", Device())
    status, out, _ = await vectal("users", "list")
    assert status == 0
    assert email in {json.loads(line)["email"] for line in out.splitlines()}
