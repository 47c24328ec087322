"""`vectal users` and `vectal keys`, as a script runs them beside a server."""

import asyncio
import io
import json
import secrets
import sys
from typing import Protocol

import pytest
from tests.fixtures.accounts import MakeClient

from vectal.auth.contracts import Device
from vectal.auth.credentials import Credential
from vectal.auth.errors import InvalidCredentialsError
from vectal.auth.service import AuthService
from vectal.entrypoints import cli
from vectal.platform.config import Settings

PASSWORD = "a long walk 88"


@pytest.fixture
def email() -> str:
    return f"cli-{secrets.token_hex(6)}@example.com"


class Vectal(Protocol):
    async def __call__(self, *words: str, typed: str = "") -> tuple[int, str, str]: ...


@pytest.fixture
def vectal(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Vectal:
    """Run the command line; status, output and complaints."""
    assert settings.database_url is not None
    monkeypatch.setenv("VECTAL_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("VECTAL_DATA_DIR", str(settings.data_dir))

    def run(words: tuple[str, ...], typed: str) -> int:
        monkeypatch.setattr(sys, "argv", ["vectal", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        try:
            cli.main()
        except SystemExit as ended:
            return int(ended.code or 0)
        return 0

    async def call(*words: str, typed: str = "") -> tuple[int, str, str]:
        # A command has a loop of its own, so it needs a thread of its own.
        status = await asyncio.to_thread(run, words, typed)
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


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
