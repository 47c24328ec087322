"""The story of a chat message, from the first account to a change that is taken back.

web -> gateway -> chat/turn.py: transaction 1 stores it -> ai -> the model calls a tool -> tasks
keep a changeset -> frames -> transaction 2 stores the answer -> the person accepts, and undoes.
"""

import pytest
from tests.flows.visitor import Heard, Visitor, text_of

pytestmark = pytest.mark.timeout(240)  # a whole server starts


async def test_a_message_becomes_a_change_that_is_accepted_and_undone(address: str) -> None:
    async with Visitor.set_up(address) as ada, ada.open_tab() as tab:
        # Ada sets up the house, logs in, and writes down what she has to do.
        await ada.log_in()
        await tab.listen("workspace")
        rent = await ada.add_task("Pay rent")
        await ada.add_task("Call the plumber")
        assert (await tab.hear("update", "task.changed"))["data"]["task"]["title"] == "Pay rent"

        # She asks in act mode, and follows the answer word by word.
        conversation_id = await ada.converse()
        started = await ada.ask(conversation_id, "Please mark Pay rent as done", mode="act")
        turn_id = started["turn"]["id"]
        frames = [frame async for frame in ada.follow(turn_id)]
        check_frames(frames)
        ended = frames[-1].data

        # The model proposed a change. Nothing has happened to the task yet.
        proposed = find_changeset(frames)
        changeset = await ada.get(f"/changesets/{proposed}")
        assert (changeset["status"], changeset["turn_id"]) == ("pending", turn_id)
        (item,) = changeset["items"]
        assert (item["task_id"], item["after"]) == (rent["id"], {"status": "done"})
        assert (await ada.get(f"/tasks/{rent['id']}"))["status"] == "todo"

        # She accepts it, and her other tab sees the task change.
        accepted = await ada.post(f"/changesets/{proposed}/accept", {}, 200)
        assert accepted["status"] == "accepted"
        assert (await ada.get(f"/tasks/{rent['id']}"))["status"] == "done"
        seen = ""
        while seen != "done":
            seen = (await tab.hear("update", "task.changed"))["data"]["task"]["status"]

        # She takes it back; the task's history tells all of it.
        undone = await ada.post(f"/changesets/{proposed}/undo", {}, 200)
        assert undone["status"] == "undone"
        assert (await ada.get(f"/tasks/{rent['id']}"))["status"] == "todo"
        history = (await ada.get(f"/tasks/{rent['id']}/history"))["items"]
        assert [entry["changeset_id"] for entry in history].count(proposed) == 2

        # The conversation holds both messages, under the words she began with.
        shown = (await ada.get(f"/conversations/{conversation_id}/messages"))["items"]
        assert [message["role"] for message in shown] == ["user", "assistant"]
        assert shown[1] == ended["message"]
        found = (await ada.get("/conversations/search", q="marking rents"))["items"]
        assert [hit["conversation"]["id"] for hit in found] == [conversation_id]


async def test_every_wire_and_every_resume_gives_the_same_answer(address: str) -> None:
    async with Visitor.set_up(address) as ada, ada.open_tab() as tab:
        await ada.add_task("Pay rent")
        started = await ada.ask(await ada.converse(), "What is on my list? Tell me at length.")
        turn_id = started["turn"]["id"]

        # The network drops after every third frame; each time another wire goes on.
        resumed: list[Heard] = []
        while not resumed or resumed[-1].event != "turn.ended":
            after = resumed[-1].id if resumed else None
            wire = tab if len(resumed) % 2 else ada
            piece = wire.follow(turn_id, after)
            async for frame in piece:
                resumed.append(frame)
                if len(resumed) % 3 == 0:
                    break
            await piece.aclose()

        whole = [frame async for frame in ada.follow(turn_id)]
        over_socket = [frame async for frame in tab.follow(turn_id)]
        assert resumed == whole == over_socket
        stored = await ada.get(f"/turns/{turn_id}")
        assert text_of(whole).encode() == stored["assistant_message"]["text"].encode()


def check_frames(frames: list[Heard]) -> None:
    """A whole answer of the Simulator: numbered, explained, counted, and equal to its message."""
    assert [frame.id for frame in frames] == [str(n + 1) for n in range(len(frames))]
    assert [frame.event for frame in frames[:3]] == [
        "turn.started",
        "turn.routed",
        "turn.context",
    ]
    assert frames[1].data["reason"]["sentence"]
    ended = frames[-1].data
    assert ended["turn"]["status"] == "completed"
    assert ended["turn"]["simulated"]
    assert ended["turn"]["usage"]["output_tokens"] > 0
    assert text_of(frames).encode() == ended["message"]["text"].encode()


def find_changeset(frames: list[Heard]) -> str:
    (found,) = [
        frame.data["changeset_id"]
        for frame in frames
        if frame.event == "turn.tool_returned" and frame.data["changeset_id"]
    ]
    return found
