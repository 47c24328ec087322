"""REST of the calendar, as a client meets it."""

from __future__ import annotations

from datetime import date

import httpx2
from tests.calendar.conftest import Desk, Runs, at
from tests.calendar.test_ics import calendar

from vectal.calendar.contracts import MAX_ICS_BYTES, ComingRun
from vectal.platform.ids import new_id
from vectal.tasks.contracts import TaskFields
from vectal.tasks.service import TaskServices

API = "/api/v1/calendar"
JULY = {"from": "2026-07-01T00:00:00Z", "to": "2026-08-01T00:00:00Z"}


async def test_an_event_lives_its_life(api: httpx2.AsyncClient) -> None:
    made = await api.post(
        f"{API}/events",
        json={"title": "Board", "starts_at": "2026-07-15T11:00:00+02:00", "rule": "FREQ=DAILY"},
    )
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    event = made.json()
    path = f"{API}/events/{event['id']}"
    assert (await api.get(path)).json() == event
    changed = await api.patch(path, json={"rule": "FREQ=WEEKLY"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    late = await api.patch(path, json={"title": "x", "version": 1})
    assert (late.status_code, late.json()["current"]["version"]) == (412, 2)
    cancelled = await api.delete(path, params={"occurrence": "2026-07-22T09:00:00Z"})
    assert cancelled.status_code == 204
    page = (await api.get(f"{API}/events", params={**JULY, "limit": 1})).json()
    (first,) = page["items"]
    assert (first["key"], first["event"]["skips"]) == (
        "2026-07-15T09:00:00Z",
        ["2026-07-22T09:00:00Z"],
    )
    rest = await api.get(f"{API}/events", params={**JULY, "cursor": page["next_cursor"]})
    assert [each["key"] for each in rest.json()["items"]] == ["2026-07-29T09:00:00Z"]
    assert (await api.delete(path, headers={"If-Match": '"2"'})).status_code == 412
    assert (await api.delete(path, headers={"If-Match": '"3"'})).status_code == 204
    assert (await api.get(path)).status_code == 404


async def test_the_same_key_makes_one_event(api: httpx2.AsyncClient) -> None:
    body = {"title": "Board", "starts_on": "2026-07-15"}
    headers = {"Idempotency-Key": "once"}
    answers = [await api.post(f"{API}/events", json=body, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len((await api.get(f"{API}/events", params=JULY)).json()["items"]) == 1
    other = await api.post(f"{API}/events", json={**body, "title": "x"}, headers=headers)
    assert other.status_code == 422


async def test_a_wrong_request_says_where(api: httpx2.AsyncClient) -> None:
    body = {"title": "Board", "starts_at": "2026-07-15T11:00:00Z", "rule": "FREQ=HOURLY"}
    answer = await api.post(f"{API}/events", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/rule"
    for wrong in ({"from": "x"}, {"to": "x"}, {"timezone": "No/Where"}, {"to": JULY["from"]}):
        params = {**JULY, **wrong}
        assert (await api.get(f"{API}/events", params=params)).status_code == 422
    both = await api.patch(
        f"{API}/events/{new_id()}", json={"version": 1}, headers={"If-Match": '"2"'}
    )
    assert both.status_code == 422


async def test_a_calendar_comes_in_goes_out_and_is_subscribed_to(
    api: httpx2.AsyncClient,
) -> None:
    content = calendar("UID:1\r\nSUMMARY:Lunch\r\nDTSTART:20260715T090000Z", "UID:2\r\nSUMMARY:x")
    taken = await api.post(f"{API}/import", content=content)
    assert taken.json() == {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "refused": 1,
        "problems": ["An event has no beginning."],
    }
    out = await api.get(f"{API}/export")
    assert out.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "SUMMARY:Lunch" in out.text
    issued = (await api.post(f"{API}/feeds", json={"name": "Phone"})).json()
    listed = (await api.get(f"{API}/feeds")).json()["items"]
    assert [each["id"] for each in listed] == [issued["feed"]["id"]]
    assert "path" not in listed[0]
    anybody = await api.get(issued["path"], headers={"Authorization": ""})
    assert (anybody.status_code, "SUMMARY:Lunch" in anybody.text) == (200, True)
    assert (await api.delete(f"{API}/feeds/{issued['feed']['id']}")).status_code == 204
    assert (await api.get(issued["path"])).status_code == 404
    bad = await api.post(f"{API}/import", content=b"<html>")
    assert (bad.status_code, bad.json()["code"]) == (422, "calendar.bad_file")
    large = await api.post(f"{API}/import", content=b" " * (MAX_ICS_BYTES + 1))
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")


async def test_the_agenda_is_one_line_of_time(
    api: httpx2.AsyncClient, desk: Desk, tasks: TaskServices, runs: Runs
) -> None:
    await desk.add("Board", starts_at=at(15, 9))
    await desk.add("Holiday", starts_on=date(2026, 7, 15))
    await tasks.tasks.create(desk.me, TaskFields(title="Call", due_at=at(15, 8)))
    await tasks.tasks.create(desk.me, TaskFields(title="Pay", due_on=date(2026, 7, 16)))
    await tasks.tasks.create(desk.me, TaskFields(title="Some day"))
    await tasks.tasks.create(
        desk.me, TaskFields(title="Not this", due_on=date(2026, 7, 16), status="cancelled")
    )
    runs.coming = [ComingRun(new_id(), "Digest", at(15, 5)), ComingRun(new_id(), "Later", at(30))]
    window = {"from": "2026-07-14T22:00:00Z", "to": "2026-07-16T22:00:00Z"}
    agenda = (await api.get(f"{API}/agenda", params=window)).json()
    assert [(each["kind"], each["title"]) for each in agenda["entries"]] == [
        ("event", "Holiday"),
        ("run", "Digest"),
        ("task", "Call"),
        ("event", "Board"),
        ("task", "Pay"),
    ]
    assert (agenda["has_more"], agenda["not_allowed"]) == ([], [])
    assert agenda["entries"][3]["occurrence"]["event"]["title"] == "Board"
