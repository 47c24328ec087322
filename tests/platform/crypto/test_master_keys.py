"""Where master keys come from, and the contract of everything that wraps with them."""

import asyncio
import base64
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from vectal.platform.config import Settings
from vectal.platform.crypto import (
    KeyWrapper,
    LocalKeyWrapper,
    MasterKeyError,
    UnknownMasterKeyError,
    UnreadableError,
    WrappedKey,
    load_key_wrapper,
)
from vectal.platform.crypto.envelope import new_key
from vectal.platform.crypto.master_keys import (
    add_key,
    create_key_file,
    forget_old_keys,
    identify,
    parse_key,
    read_key_file,
)


def _in_memory(folder: Path) -> KeyWrapper:
    del folder
    return LocalKeyWrapper([new_key()])


def _in_a_file(folder: Path) -> KeyWrapper:
    create_key_file(folder / "master.key")
    return LocalKeyWrapper(file=folder / "master.key")


@pytest.fixture(params=[_in_memory, _in_a_file], ids=["memory", "file"])
def wrapper(request: pytest.FixtureRequest, tmp_path: Path) -> KeyWrapper:
    """Every adapter of the port; a new one joins this list."""
    make: Callable[[Path], KeyWrapper] = request.param
    return make(tmp_path)


async def test_what_was_wrapped_unwraps_in_its_context(wrapper: KeyWrapper) -> None:
    key = new_key()
    wrapped = await wrapper.wrap(key, b"here")
    assert wrapped.master_key_id == await wrapper.current_id()
    assert key not in wrapped.blob
    assert await wrapper.unwrap(wrapped, b"here") == key
    assert await wrapper.wrap(key, b"here") != wrapped
    with pytest.raises(UnreadableError):
        await wrapper.unwrap(wrapped, b"there")


async def test_a_damaged_wrapping_is_refused(wrapper: KeyWrapper) -> None:
    wrapped = await wrapper.wrap(new_key(), b"here")
    for blob in (b"", wrapped.blob[:-1], wrapped.blob[:20], b"\0" + wrapped.blob[1:]):
        with pytest.raises(UnreadableError):
            await wrapper.unwrap(WrappedKey(wrapped.master_key_id, blob), b"here")


async def test_an_unknown_master_key_is_named(wrapper: KeyWrapper) -> None:
    with pytest.raises(UnknownMasterKeyError, match="local:strange"):
        await wrapper.unwrap(WrappedKey("local:strange", b"x" * 60), b"here")


def _list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_the_environment_gives_the_key_and_older_ones(tmp_path: Path) -> None:
    new, old = new_key(), new_key()
    settings = Settings(
        data_dir=tmp_path,
        master_key=SecretStr(base64.b64encode(new).decode()),
        previous_master_keys=(SecretStr(base64.urlsafe_b64encode(old).decode().rstrip("=")),),
    )
    wrapper = load_key_wrapper(settings)
    assert await wrapper.current_id() == identify(new)
    assert wrapper.known_ids == {identify(new), identify(old)}
    assert _list_names(tmp_path) == []


async def test_without_one_a_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = await load_key_wrapper(Settings(data_dir=folder)).current_id()
    assert await load_key_wrapper(Settings(data_dir=folder)).current_id() == first
    assert stat.S_IMODE((folder / "master.key").stat().st_mode) == 0o600
    assert _list_names(folder) == ["master.key"]


async def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    made = await asyncio.gather(*(asyncio.to_thread(create_key_file, path) for _ in range(16)))
    assert made.count(True) == 1
    assert len(read_key_file(path)) == 1


async def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyError, match="can't be read"):
        load_key_wrapper(Settings(data_dir=tmp_path, master_key_file=tmp_path / "none"))


@pytest.mark.parametrize(
    "content",
    [b"", b"short\n", b"\xff\xfe\x00", base64.b64encode(os.urandom(31)), b"A" * 70_000],
    ids=["empty", "short", "binary", "31 bytes", "huge"],
)  # fmt: skip
async def test_a_broken_file_is_said_to_be_broken(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(content)
    with pytest.raises(MasterKeyError, match=r"master\.key"):
        LocalKeyWrapper(file=path)


async def test_a_running_process_follows_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    create_key_file(path)
    server = LocalKeyWrapper(file=path)
    old = await server.wrap(b"k" * 32, b"c")
    new_id = add_key(path)
    assert await server.current_id() == new_id
    assert await server.unwrap(old, b"c") == b"k" * 32
    other = LocalKeyWrapper(file=path)
    fresh = await other.wrap(b"n" * 32, b"c")
    assert await server.unwrap(fresh, b"c") == b"n" * 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert forget_old_keys(path) == 1
    assert forget_old_keys(path) == 0
    with pytest.raises(UnknownMasterKeyError):
        await LocalKeyWrapper(file=path).unwrap(old, b"c")


@given(st.binary(min_size=32, max_size=32))
def test_keys_survive_their_text(key: bytes) -> None:
    assert parse_key(base64.b64encode(key).decode()) == key
    assert parse_key(base64.urlsafe_b64encode(key).decode().rstrip("=")) == key


@given(st.text(max_size=80))
def test_other_text_is_no_key(text: str) -> None:
    try:
        assert len(parse_key(text)) == 32
    except MasterKeyError as error:
        assert len(text) < 40 or text not in str(error)  # noqa: PT017 - keeps it out of logs
