"""The hub of one process."""

import asyncio

from vectal.realtime.contracts import NUDGE, Update
from vectal.realtime.hub import Hub, Mailbox


def update(number: int) -> Update:
    return Update(str(number), "turn.text", b"{}")


async def test_every_listener_of_a_topic_hears_in_order() -> None:
    hub = Hub()
    with hub.listen(["a"]) as first, hub.listen(["a", "b"]) as second:
        assert hub.publish("a", update(1)) == 2
        assert hub.publish("b", update(2)) == 1
        assert hub.publish("c", update(3)) == 0
        assert first.take() == ([update(1)], False)
        assert second.take() == ([update(1), update(2)], False)


async def test_a_full_mailbox_forgets_and_says_so() -> None:
    mailbox = Mailbox(limit=2)
    for number in range(5):
        mailbox.put(update(number))
    assert await mailbox.wait(0)
    assert mailbox.take() == ([], True)
    mailbox.put(update(9))
    assert mailbox.take() == ([update(9)], False)


async def test_waiting_ends_with_the_next_notice_or_in_time() -> None:
    mailbox = Mailbox()
    assert not await mailbox.wait(0.001)
    waiting = asyncio.create_task(mailbox.wait(60))
    await asyncio.sleep(0)
    mailbox.put(NUDGE)
    assert await waiting
    mailbox.take()
    assert not await mailbox.wait(0.001)


async def test_the_first_and_the_last_listener_are_announced() -> None:
    hub, said = Hub(), list[str]()
    hub.on_first_listener = lambda topic: said.append(f"+{topic}")
    hub.on_last_listener = lambda topic: said.append(f"-{topic}")
    with hub.listen(["a"]), hub.listen(["a"]):
        assert hub.has_listener("a")
    assert said == ["+a", "-a"]
    assert not hub.has_listener("a")


async def test_a_nudge_to_all_reaches_every_topic() -> None:
    hub = Hub()
    with hub.listen(["a"]) as first, hub.listen(["b"]) as second:
        hub.nudge_all(NUDGE)
        assert first.take() == second.take() == ([NUDGE], False)
