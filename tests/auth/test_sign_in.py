"""Login and sign-up: what lets one in, and that nothing tells why one is kept out."""

import secrets
from collections.abc import AsyncGenerator
from types import SimpleNamespace

import httpx2
import pytest
from tests.fixtures.accounts import CHEAP, PASSWORD, SIGNING_KEY, MakeClient, MakeUser, Person
from tests.fixtures.apps import app_over

from vectal.accounts.contracts import Role
from vectal.accounts.service import AccountService
from vectal.auth.passwords import Argon2Cost, Passwords
from vectal.auth.service import AuthService
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.rate_limit import RateLimiter

LOGIN = "/api/v1/auth/login"
SIGNUP = "/api/v1/auth/signup"


def _newcomer(**more: str) -> dict[str, str]:
    email = f"new-{secrets.token_hex(6)}@example.com"
    return {"email": email, "password": PASSWORD, "display_name": "Ada", **more}


@pytest.fixture
async def open_client(
    db: Database, keyring: Keyring, settings: Settings, accounts: AccountService
) -> AsyncGenerator[httpx2.AsyncClient]:
    """A house with open sign-up, which counts attempts by itself."""
    async with db.system("tests.set_up") as session:
        await accounts.instance.claim_setup(session)
    own = AccountService.build(db, signup="open")
    limiter = RateLimiter(None)
    auth = AuthService.build(db, own, limiter, [SIGNING_KEY], passwords=Passwords(CHEAP))
    app = app_over(SimpleNamespace(database=db, keyring=keyring, accounts=own, auth=auth), settings)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8484") as client:
        yield client


async def test_a_login_opens_a_session(edge_client: MakeClient, person: Person) -> None:
    client = edge_client()
    answer = await client.post(LOGIN, json={"email": person.user.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["expires_in"] == 600
    assert [each["id"] for each in body["workspaces"]] == [str(person.workspace_id)]
    me = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert me.json()["email"] == person.user.email


async def test_an_address_is_the_same_in_capitals(edge_client: MakeClient, person: Person) -> None:
    shouted = {"email": f" {person.user.email.upper()} ", "password": PASSWORD}
    assert (await edge_client().post(LOGIN, json=shouted)).status_code == 200


async def test_every_refusal_of_a_login_looks_the_same(
    edge_client: MakeClient, accounts: AccountService, make_user: MakeUser, person: Person
) -> None:
    disabled = await make_user()
    await accounts.people.set_disabled(disabled.user.email, disabled=True)
    tries = (
        {"email": person.user.email, "password": "another sailing 43"},
        {"email": "nobody@example.com", "password": PASSWORD},
        {"email": disabled.user.email, "password": PASSWORD},
    )
    answers = [await edge_client().post(LOGIN, json=each) for each in tries]
    bodies = [{**each.json(), "instance": ""} for each in answers]
    assert [each.status_code for each in answers] == [401, 401, 401]
    assert bodies[0]["code"] == "auth.invalid_credentials"
    assert bodies[0] == bodies[1] == bodies[2]


async def test_an_unknown_address_costs_as_much_work(
    monkeypatch: pytest.MonkeyPatch, open_client: httpx2.AsyncClient, person: Person
) -> None:
    done: list[bool] = []
    work = vars(Passwords)["_work"]

    def counted(self: Passwords, password: str, stored: str | None) -> str:
        done.append(stored is not None)
        return work(self, password, stored)

    monkeypatch.setattr(Passwords, "_work", counted)
    for email in (person.user.email, "nobody@example.com"):
        await open_client.post(LOGIN, json={"email": email, "password": "another sailing 43"})
    assert done == [True, True]


async def test_an_account_is_tried_ten_times_and_then_less(
    open_client: httpx2.AsyncClient, person: Person
) -> None:
    wrong = {"email": person.user.email, "password": "another sailing 43"}
    answers = [await open_client.post(LOGIN, json=wrong) for _ in range(11)]
    assert [each.status_code for each in answers] == [401] * 10 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
    assert answers[-1].json()["retry_after_s"] == int(answers[-1].headers["retry-after"])


async def test_a_right_password_forgives_the_wrong_ones(
    open_client: httpx2.AsyncClient, person: Person
) -> None:
    wrong = {"email": person.user.email, "password": "another sailing 43"}
    right = {"email": person.user.email, "password": PASSWORD}
    for _ in range(2):
        for _ in range(9):
            assert (await open_client.post(LOGIN, json=wrong)).status_code == 401
        assert (await open_client.post(LOGIN, json=right)).status_code == 200


async def test_a_login_renews_a_hash_of_another_cost(
    db: Database,
    accounts: AccountService,
    auth: AuthService,
    edge_client: MakeClient,
    person: Person,
) -> None:
    older = Passwords(Argon2Cost(memory_kib=32, passes=1))
    async with db.system("tests.older_hash") as session:
        old = await older.hash(PASSWORD)
        await accounts.people.set_password_hash(session, person.user.id, old)
    login = {"email": person.user.email, "password": PASSWORD}
    assert (await edge_client().post(LOGIN, json=login)).status_code == 200
    async with db.system("tests.newer_hash") as session:
        found = await accounts.people.find_login(session, user_id=person.user.id)
    assert found is not None
    assert found.password_hash != old
    assert (await auth.passwords.verify(PASSWORD, found.password_hash)).new_hash is None


async def test_sign_up_is_closed_without_an_invitation(edge_client: MakeClient) -> None:
    answer = await edge_client().post(SIGNUP, json=_newcomer())
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.signup_closed")


async def test_open_sign_up_gives_an_account_and_a_place(open_client: httpx2.AsyncClient) -> None:
    newcomer = _newcomer(timezone="Europe/Berlin")
    answer = await open_client.post(SIGNUP, json=newcomer)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["user"]["timezone"] == "Europe/Berlin"
    assert body["user"]["is_admin"] is False
    assert [each["role"] for each in body["workspaces"]] == ["owner"]
    again = await open_client.post(SIGNUP, json=newcomer)
    assert (again.status_code, again.json()["code"]) == (409, "accounts.email_taken")


async def test_an_invitation_opens_the_door_once(
    edge_client: MakeClient, accounts: AccountService, person: Person
) -> None:
    newcomer = _newcomer()
    _, token = await accounts.invitations.create(person.principal, newcomer["email"], Role.MEMBER)
    stranger = {**_newcomer(), "invitation_token": token}
    other = await edge_client().post(SIGNUP, json=stranger)
    assert (other.status_code, other.json()["code"]) == (403, "invitations.other_email")
    answer = await edge_client().post(SIGNUP, json={**newcomer, "invitation_token": token})
    assert answer.status_code == 201, answer.text
    assert answer.json()["workspaces"] == [
        {"id": str(person.workspace_id), "name": "Personal", "role": "member"}
    ]
    used = await edge_client().post(SIGNUP, json={**newcomer, "invitation_token": token})
    assert (used.status_code, used.json()["code"]) == (404, "invitations.not_found")


@pytest.mark.parametrize("password", ["short", "1234567890", "aaaaaaaaaaaa", "Passw0rd123"])
async def test_a_weak_password_is_refused_with_a_pointer(
    open_client: httpx2.AsyncClient, password: str
) -> None:
    answer = await open_client.post(SIGNUP, json=_newcomer(password=password))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/password"
    assert f'"{password}"' not in answer.text


async def test_a_new_password_signs_out_everywhere_else(
    edge_client: MakeClient, person: Person
) -> None:
    other = edge_client()
    login = {"email": person.user.email, "password": PASSWORD}
    opened = await other.post(LOGIN, json=login)
    here = edge_client(person)
    change = {"current_password": PASSWORD, "new_password": "a calmer sea 17"}
    wrong = await here.post("/api/v1/auth/password", json={**change, "current_password": "no"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "auth.invalid_credentials")
    assert (await here.post("/api/v1/auth/password", json=change)).status_code == 204
    assert (await here.get("/api/v1/me")).status_code == 200
    token = opened.json()["access_token"]
    gone = await other.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert gone.status_code == 401
    assert (await other.post("/api/v1/auth/refresh")).status_code == 401
    assert (await other.post(LOGIN, json=login)).status_code == 401
    login["password"] = change["new_password"]
    assert (await other.post(LOGIN, json=login)).status_code == 200
