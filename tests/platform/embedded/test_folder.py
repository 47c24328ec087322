"""The data folder: one holder at a time, private passwords, clear refusals."""

import stat
from pathlib import Path

import pytest

from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.embedded.folder import DataFolder


def test_a_taken_folder_names_its_holder(tmp_path: Path) -> None:
    holder, second = DataFolder(tmp_path), DataFolder(tmp_path)
    holder.lock()
    holder.describe_holder("process 4711 (vectal up, http://127.0.0.1:8484)")
    with pytest.raises(OperatorError, match=r"in use by process 4711 \(vectal up") as raised:
        second.lock()
    assert raised.value.exit_code == ExitCode.FOLDER_TAKEN
    assert "VECTAL_DATA_DIR" in raised.value.remedy
    holder.unlock()
    second.lock()
    second.unlock()


def test_passwords_stay_and_are_private(tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    first, new = data.load_passwords()
    assert new
    assert DataFolder(tmp_path).load_passwords() == (first, False)
    assert stat.S_IMODE((tmp_path / "passwords.json").stat().st_mode) == 0o600
    assert len({first.superuser, first.owner, first.login, first.valkey}) == 4


@pytest.mark.parametrize("content", ["", "{", "[]", '{"superuser": "x"}', '{"x": 1}', "null"])
def test_damaged_passwords_are_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "passwords.json").write_text(content)
    with pytest.raises(OperatorError, match=r"passwords\.json is damaged") as raised:
        DataFolder(tmp_path).load_passwords()
    assert raised.value.exit_code == ExitCode.FOLDER_CORRUPT


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(OperatorError, match="cannot be used") as raised:
        DataFolder(path).open()
    assert raised.value.exit_code == ExitCode.FOLDER_UNREADABLE


def test_too_little_room_is_named_before_anything_starts(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data", least_free_bytes=1 << 62)
    with pytest.raises(OperatorError, match="is full") as raised:
        data.open()
    assert raised.value.exit_code == ExitCode.DISK_FULL


def test_opening_leaves_nothing_but_the_folder(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "deep" / "data")
    data.open()
    assert list(data.path.iterdir()) == []
