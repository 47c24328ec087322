"""A research that is killed, taken over, cancelled or late."""

import asyncio

import pytest
from tests.research.conftest import MakeLab
from tests.research.emulator import Found, Reply
from tests.research.lab import FACT, Lab, html, until

from vectal.research.contracts import Research
from vectal.research.service.journal import Journal

STAGES = ("plan", "search", "page", "draft", "check")


class Killed(BaseException):
    """What a kill looks like from within: nothing after it runs to its end."""


def kill_at(monkeypatch: pytest.MonkeyPatch, wanted: str, *, before: bool) -> None:
    """Break off once, right before or right after the step whose key so begins is written."""
    written = Journal.write
    killed: list[str] = []

    async def write(self: Journal, key: str, body: object, **values: object) -> None:
        is_it = key.startswith(wanted) and not killed
        if is_it and before:
            killed.append(key)
            raise Killed
        await written(self, key, body, **values)  # pyright: ignore[reportArgumentType] - as given
        if is_it:
            killed.append(key)
            raise Killed

    monkeypatch.setattr(Journal, "write", write)


@pytest.mark.parametrize("before", [False, True], ids=["after", "before"])
@pytest.mark.parametrize("stage", STAGES)
async def test_it_goes_on_where_it_was_killed(
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    before: bool,  # noqa: FBT001 - pytest fills it in
) -> None:
    for n in range(3):
        lab.know(f"site{n}.test/", f"Law {n}", f"{FACT} Paragraph {n}.")
    begun = await lab.begin()
    kill_at(monkeypatch, stage, before=before)
    with pytest.raises((Killed, BaseExceptionGroup)):
        await lab.work(begun)
    assert (await lab.get(begun)).state == "running"
    read_by_then = list(lab.web.asked)
    done = await lab.work(begun)
    assert done.state == "done", done.detail
    assert len(await _sites(lab, begun)) == 3
    again = [each for each in lab.web.asked[len(read_by_then) :] if each in read_by_then]
    if stage != "page":
        assert again == [], "what was read is not asked for again"
    if not before:
        # What was written down is not done twice: each step of a model, each search.
        assert lab.brain.steps == ["plan", "write", "check"]
        assert len(lab.engine.asked) == 1


async def _sites(lab: Lab, research: Research) -> set[str]:
    return {source.site for source in (await lab.report(research)).sources}


async def test_pages_that_were_read_are_not_asked_for_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed amid reading: of the pages, those that are stored stay read."""
    for n in range(4):
        lab.know(f"site{n}.test/", f"Law {n}", f"{FACT} Paragraph {n}.")
    begun = await lab.begin(pages=12)
    kill_at(monkeypatch, "page", before=False)
    with pytest.raises((Killed, BaseExceptionGroup)):
        await lab.work(begun)
    stored = (await lab.get(begun)).pages_read
    assert stored >= 1
    done = await lab.work(begun)
    assert done.state == "done"
    assert done.pages_read == 4
    # Those in flight at the kill are asked again, those that were stored are not.
    assert len(lab.web.asked) <= 4 + (4 - stored)


async def test_a_newer_worker_fences_the_older_one_off(lab: Lab) -> None:
    gate = asyncio.Event()
    waiting = Reply(200, html("Law", FACT).encode(), {"content-type": "text/html"}, gate)
    lab.found.append(Found(lab.web.put("slow.test/", waiting), "Law", "Words of Aldorf."))
    begun = await lab.begin()
    older = asyncio.create_task(lab.work(begun))
    await until(lambda: bool(lab.web.asked))
    lab.web.put("slow.test/", Reply.page(html("Law", FACT)))
    newer = await lab.work(begun)
    assert newer.state == "done"
    gate.set()
    await older
    assert (await lab.get(begun)).state == "done"
    assert (await lab.get(begun)).pages_read == 1
    assert lab.brain.steps.count("write") == 1


@pytest.mark.parametrize("stage", ["page", "model"])
async def test_cancelled_it_stops_and_does_nothing_more(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    gate, hung = asyncio.Event(), list[str]()
    try:
        waiting = Reply(200, html("Law", FACT).encode(), {"content-type": "text/html"}, gate)
        lab.found.append(Found(lab.web.put("slow.test/", waiting), "Law", "Words of Aldorf."))

        async def hang(*_: object) -> None:
            hung.append(stage)
            await asyncio.Event().wait()

        if stage == "model":
            monkeypatch.setattr(lab.services.running.asking.models, "complete_counted", hang)
        begun = await lab.begin()
        work = asyncio.create_task(lab.work(begun))
        await until(lambda: bool(lab.web.asked if stage == "page" else hung))
        cancelled = await lab.services.researches.cancel(lab.person.principal, begun.id)
        assert cancelled.state == "cancelled"
        assert (await asyncio.wait_for(work, 30)).state == "cancelled"
        asked = len(lab.web.asked), len(lab.engine.asked), len(lab.brain.asked)
        await lab.work(begun)
        assert asked == (len(lab.web.asked), len(lab.engine.asked), len(lab.brain.asked))
    finally:
        gate.set()


async def test_one_that_is_late_ends_in_words(lab: Lab) -> None:
    gate = asyncio.Event()
    try:
        lab.engine.reply = lambda _: Reply(200, b"{}", waits_for=gate)
        failed = await lab.work(await lab.begin(seconds=1))
        assert (failed.state, failed.code) == ("failed", "research.deadline")
    finally:
        gate.set()


async def test_the_last_try_ends_it_in_words(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: Journal, key: str, body: object, **_: object) -> None:
        del self, key, body
        raise OSError("the disk is full of secrets")

    monkeypatch.setattr(Journal, "write", broken)
    begun = await lab.begin()
    with pytest.raises(OSError, match="disk"):
        await lab.work(begun)
    assert (await lab.get(begun)).state == "running"
    with pytest.raises(OSError, match="disk"):
        await lab.services.running.run(lab.person.principal, begun.id, is_last=True)
    failed = await lab.get(begun)
    assert (failed.state, failed.code) == ("failed", "internal")
    assert failed.detail is not None
    assert "secrets" not in failed.detail


async def test_a_strangers_research_is_not_there(make_lab: MakeLab) -> None:
    mine, theirs = await make_lab(), await make_lab()
    begun = await mine.begin()
    await theirs.services.running.run(theirs.person.principal, begun.id)
    assert (await mine.get(begun)).state == "queued"


async def test_an_ended_one_writes_nothing(lab: Lab) -> None:
    lab.know("alpha.test/", "Law", FACT)
    begun = await lab.begin()
    await lab.services.researches.cancel(lab.person.principal, begun.id)
    assert (await lab.work(begun)).state == "cancelled"
    assert lab.engine.asked == []
