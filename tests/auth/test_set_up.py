"""First-run set-up: one administrator, however many ask at once."""

import asyncio
from collections.abc import AsyncGenerator
from types import SimpleNamespace

import httpx2
import pytest
from tests.fixtures.accounts import CHEAP, PASSWORD, SIGNING_KEY
from tests.fixtures.apps import app_over
from tests.fixtures.servers import Servers, clone_database, drop_database

from vectal.accounts.service import AccountService
from vectal.auth.passwords import Passwords
from vectal.auth.service import AuthService
from vectal.auth.service.sign_in import NewAccount
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.rate_limit import RateLimiter

SETUP = "/api/v1/setup"


class House(SimpleNamespace):
    """A freshly installed house: nobody has an account."""

    accounts: AccountService
    auth: AuthService
    client: httpx2.AsyncClient


@pytest.fixture
async def house(
    servers: Servers, worker: str, keyring: Keyring, settings: Settings
) -> AsyncGenerator[House]:
    name = f"test_setup_{worker}"
    database = Database((await clone_database(servers, name)).app_url, pool_size=10)
    accounts = AccountService.build(database)
    auth = AuthService.build(
        database, accounts, RateLimiter(None), [SIGNING_KEY], passwords=Passwords(CHEAP)
    )
    made = House(database=database, keyring=keyring, accounts=accounts, auth=auth)
    transport = httpx2.ASGITransport(app_over(made, settings))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8484") as client:
        made.client = client
        yield made
    await database.close()
    await drop_database(servers, name)


def _first(number: int = 0, **more: str) -> dict[str, str]:
    email = f"first{number}@example.com"
    return {"email": email, "password": PASSWORD, "display_name": "Ada", **more}


async def test_the_first_account_administers_the_house(house: House) -> None:
    assert (await house.client.get(SETUP)).json() == {"needed": True, "signup": "invitation"}
    answer = await house.client.post(SETUP, json=_first(workspace_name="Our home"))
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["user"]["is_admin"] is True
    assert [(each["name"], each["role"]) for each in body["workspaces"]] == [("Our home", "owner")]
    assert (await house.client.get(SETUP)).json()["needed"] is False
    token = {"Authorization": f"Bearer {body['access_token']}"}
    opened = await house.client.patch("/api/v1/instance", json={"signup": "open"}, headers=token)
    assert opened.json() == {"signup": "open"}
    assert (await house.client.get(SETUP)).json() == {"needed": False, "signup": "open"}


async def test_twenty_at_once_make_one_administrator(house: House) -> None:
    answers = await asyncio.gather(
        *(house.client.post(SETUP, json=_first(number)) for number in range(20))
    )
    statuses = sorted(each.status_code for each in answers)
    assert statuses == [201] + [409] * 19
    assert len(await house.accounts.people.list_users()) == 1


async def test_an_administrator_from_the_command_line_is_the_set_up(house: House) -> None:
    await house.auth.sign_in.create_user(NewAccount("op@example.com", PASSWORD, "Op"))
    assert (await house.client.get(SETUP)).json()["needed"] is True
    await house.auth.sign_in.create_user(
        NewAccount("root@example.com", PASSWORD, "Root"), is_admin=True
    )
    late = await house.client.post(SETUP, json=_first())
    assert (late.status_code, late.json()["code"]) == (409, "auth.setup_done")


async def test_nobody_signs_up_before_the_set_up(house: House) -> None:
    await house.accounts.instance.set_signup("open")
    answer = await house.client.post("/api/v1/auth/signup", json=_first())
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.signup_closed")


async def test_a_page_under_a_foreign_name_can_not_set_up(house: House) -> None:
    """DNS rebinding: the page's own name points at us, so origin and host agree."""
    headers = {"Host": "evil.example", "Origin": "http://evil.example"}
    answer = await house.client.post(SETUP, json=_first(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.origin_rejected")
