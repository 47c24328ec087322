"""Refresh: tokens rotate, two tabs share a moment, and a copy ends the session."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from tests.fixtures.accounts import MakeAuth, MakeClient, Person

from vectal.auth.credentials import Credential
from vectal.auth.errors import RefreshRejectedError, UnauthenticatedError
from vectal.auth.service.sessions import FULL_LIFETIME, GRACE, IDLE_LIFETIME
from vectal.platform.clock import FixedClock, utc_now
from vectal.platform.config import Settings

REFRESH = "/api/v1/auth/refresh"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(utc_now())


async def test_a_refresh_gives_the_next_pair(
    make_auth: MakeAuth, clock: FixedClock, person: Person
) -> None:
    auth = make_auth(clock)
    first = await auth.sessions.refresh(person.refresh_token)
    second = await auth.sessions.refresh(first.refresh_token)
    assert len({person.refresh_token, first.refresh_token, second.refresh_token}) == 3
    principal = await auth.authenticate(Credential(second.access_token))
    assert principal.session_id == person.principal.session_id


async def test_two_tabs_at_once_get_the_same_next_token(
    make_auth: MakeAuth, clock: FixedClock, person: Person
) -> None:
    auth, sibling = make_auth(clock), make_auth(clock)
    first = await auth.sessions.refresh(person.refresh_token)
    clock.advance(GRACE.total_seconds() - 1)
    second = await sibling.sessions.refresh(person.refresh_token)
    assert first.refresh_token == second.refresh_token
    assert (await auth.sessions.refresh(first.refresh_token)).session_id == first.session_id


async def test_a_copy_used_later_ends_the_session(
    make_auth: MakeAuth, clock: FixedClock, person: Person
) -> None:
    auth = make_auth(clock)
    mine = await auth.sessions.refresh(person.refresh_token)
    clock.advance(GRACE.total_seconds() + 1)
    with pytest.raises(RefreshRejectedError):
        await auth.sessions.refresh(person.refresh_token)
    with pytest.raises(RefreshRejectedError):
        await auth.sessions.refresh(mine.refresh_token)
    with pytest.raises(UnauthenticatedError):
        await auth.authenticate(Credential(mine.access_token))


async def test_a_copy_two_refreshes_old_has_no_grace(
    make_auth: MakeAuth, clock: FixedClock, person: Person
) -> None:
    auth = make_auth(clock)
    first = await auth.sessions.refresh(person.refresh_token)
    second = await auth.sessions.refresh(first.refresh_token)
    with pytest.raises(RefreshRejectedError):
        await auth.sessions.refresh(person.refresh_token)
    with pytest.raises(RefreshRejectedError):
        await auth.sessions.refresh(second.refresh_token)


@pytest.mark.parametrize("token", [None, "", "x", "é" * 70, "A" * 70, "A" * 4000])
async def test_what_is_no_token_is_refused(make_auth: MakeAuth, token: str | None) -> None:
    with pytest.raises(RefreshRejectedError):
        await make_auth().sessions.refresh(token)


async def test_a_session_ends_when_it_is_not_used(
    make_auth: MakeAuth, clock: FixedClock, person: Person
) -> None:
    auth = make_auth(clock)
    clock.advance((IDLE_LIFETIME + timedelta(minutes=1)).total_seconds())
    with pytest.raises(RefreshRejectedError):
        await auth.sessions.refresh(person.refresh_token)


async def test_no_session_lives_for_ever(
    make_auth: MakeAuth, clock: FixedClock, person: Person
) -> None:
    auth, token = make_auth(clock), person.refresh_token
    rounds = FULL_LIFETIME // (IDLE_LIFETIME - timedelta(days=1)) + 1
    for _ in range(rounds - 1):
        clock.advance((IDLE_LIFETIME - timedelta(days=1)).total_seconds())
        token = (await auth.sessions.refresh(token)).refresh_token
    clock.advance((IDLE_LIFETIME - timedelta(days=1)).total_seconds())
    with pytest.raises(RefreshRejectedError):
        await auth.sessions.refresh(token)


async def test_an_access_token_lives_ten_minutes(
    make_auth: MakeAuth, clock: FixedClock, person: Person
) -> None:
    auth = make_auth(clock)
    token = Credential((await auth.sessions.refresh(person.refresh_token)).access_token)
    clock.advance(599)
    await auth.authenticate(token)
    clock.advance(10)
    with pytest.raises(UnauthenticatedError):
        await auth.authenticate(token)


async def test_the_cookie_is_for_the_server_alone(edge_client: MakeClient, person: Person) -> None:
    client = edge_client(headers={"Cookie": f"vectal_refresh={person.refresh_token}"})
    answer = await client.post(REFRESH)
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 200
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age="))
    assert answer.json()["access_token"] not in cookie


async def test_a_refused_refresh_takes_the_cookie_away(edge_client: MakeClient) -> None:
    answer = await edge_client(headers={"Cookie": "vectal_refresh=nonsense"}).post(REFRESH)
    assert answer.status_code == 401
    assert "Max-Age=0" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://127.0.0.1:8484"}, 200),
        ({"Origin": "https://127.0.0.1:8484"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://behind.a.proxy"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://a.sibling.example"}, 403),
    ],
)
async def test_a_foreign_page_can_not_use_the_cookie(
    edge_client: MakeClient, person: Person, headers: dict[str, str], status: int
) -> None:
    client = edge_client(headers=headers | {"Cookie": f"vectal_refresh={person.refresh_token}"})
    assert (await client.post(REFRESH)).status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8484", 200),
        ("http://vectal.localhost:8484", 200),
        ("http://127.0.0.7:8484", 200),
        ("http://[::1]:8484", 200),
        ("http://localhost:8485", 403),
        ("https://localhost:8484", 403),
        ("http://localhost.evil.example:8484", 403),
        ("http://localhost:99999999", 403),
        ("http://[::1:8484", 403),
        ("http://192.168.1.4:8484", 403),
    ],
)
async def test_every_name_of_this_machine_is_one_origin(
    edge_client: MakeClient, person: Person, origin: str, status: int
) -> None:
    headers = {"Origin": origin, "Cookie": f"vectal_refresh={person.refresh_token}"}
    assert (await edge_client(headers=headers).post(REFRESH)).status_code == status


async def test_a_public_address_leaves_the_other_names_of_the_machine_out(
    edge_app: FastAPI, edge_client: MakeClient, person: Person, settings: Settings
) -> None:
    cookie = {"Cookie": f"vectal_refresh={person.refresh_token}"}
    edge_app.state.settings = settings.model_copy(update={"public_url": "http://vectal.example"})
    try:
        for origin, status in (("http://localhost:8484", 403), ("http://vectal.example", 200)):
            client = edge_client(headers=cookie | {"Origin": origin})
            assert (await client.post(REFRESH)).status_code == status
    finally:
        edge_app.state.settings = settings


async def test_the_cookie_opens_nothing_but_refresh_and_logout(
    edge_client: MakeClient, person: Person
) -> None:
    client = edge_client(headers={"Cookie": f"vectal_refresh={person.refresh_token}"})
    assert (await client.get("/api/v1/me")).status_code == 401
    assert (await client.delete("/api/v1/sessions")).status_code == 401
    assert (await client.post("/api/v1/workspaces", json={"name": "x"})).status_code == 401


async def test_logout_ends_the_session(edge_client: MakeClient, person: Person) -> None:
    client = edge_client(person, {"Cookie": f"vectal_refresh={person.refresh_token}"})
    answer = await client.post("/api/v1/auth/logout")
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert (await client.get("/api/v1/me")).status_code == 401
    assert (await edge_client().post("/api/v1/auth/logout")).status_code == 204
