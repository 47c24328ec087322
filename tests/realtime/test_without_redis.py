"""Valkey is stopped in the middle: everybody still hears everything, and is told again later."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest
from tests.chat.stage import ScriptedModel, Stage, open_stage, person, saying, text_of
from tests.realtime.test_events_channel import BoardChanged, emit, register

from vectal.ai.contracts import TextDelta
from vectal.chat import frames
from vectal.chat.contracts import Frame
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.embedded.folder import DataFolder
from vectal.platform.embedded.valkey import EmbeddedValkey
from vectal.realtime.contracts import Update
from vectal.realtime.service import POLL_ALONE_S, POLL_S


@pytest.fixture
async def own_valkey(tmp_path: Path) -> AsyncGenerator[EmbeddedValkey]:
    """A Valkey that this test alone may stop."""
    data = DataFolder(tmp_path / "data")
    data.open()
    data.lock()
    server = EmbeddedValkey(data, durable=False)
    yield server
    await server.stop()
    data.unlock()


async def until_told(stage: Stage, *, is_told: bool) -> None:
    """Until the process knows whether Redis tells it anything."""
    wanted = POLL_S if is_told else POLL_ALONE_S
    async with asyncio.timeout(30):
        while stage.realtime.poll_s != wanted:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.02)


async def test_streams_go_on_while_valkey_is_away(
    db: Database, own_valkey: EmbeddedValkey, keyring: Keyring
) -> None:
    ada = person()
    url = (await own_valkey.start()).url
    away, back = asyncio.Event(), asyncio.Event()
    script = [TextDelta("told "), away, TextDelta("alone "), back, *saying("told again")]
    async with (
        open_stage(db, url, keyring, model=ScriptedModel(script)) as writer,
        open_stage(db, url, keyring) as reader,
    ):
        register(reader)
        await until_told(reader, is_told=True)
        events = await reader.realtime.open(ada, "workspace", None)
        started = await writer.say(ada, await writer.converse(ada))
        following = reader.chat.turns.follow(ada, started.turn.id)
        stream: list[Frame] = []
        async with asyncio.timeout(60), aclosing(events.deliveries) as deliveries:
            async for frame in following:
                stream.append(frame)
                if frame.event != frames.TEXT:
                    continue
                if not away.is_set():
                    await own_valkey.stop()
                    await until_told(reader, is_told=False)
                    await emit(writer, ada, BoardChanged(1))
                    update = await anext(deliveries)
                    assert isinstance(update, Update)
                    assert msgspec.json.decode(update.data) == {"number": 1}
                    away.set()
                elif not back.is_set():
                    await own_valkey.start()
                    await until_told(reader, is_told=True)
                    back.set()
        assert text_of(stream) == "told alone told again"
        stored = await reader.chat.turns.get(ada, started.turn.id)
        assert stored.assistant_message.content.text == text_of(stream)
