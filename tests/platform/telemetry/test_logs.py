"""Logs are JSON, carry their context, and never a secret."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.platform.telemetry import (
    bind_log_context,
    configure_logging,
    get_logger,
    reset_logging,
)
from vectal.platform.telemetry.redaction import MASK, is_secret_name, redact, redact_text


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Where configured logs go; logging is as before afterwards."""
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    reset_logging()


def _read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_object_with_its_context(lines: io.StringIO) -> None:
    configure_logging("info", "json", lines)
    with bind_log_context(request_id="r1", workspace_id=None):
        get_logger("vectal.tasks.service").info("task stored\nin two lines", task_id="t1")
    (line,) = _read(lines)
    assert line["event"] == "task stored\nin two lines"
    assert (line["request_id"], line["task_id"], line["module"]) == ("r1", "t1", "tasks.service")
    assert line["level"] == "info"
    assert "workspace_id" not in line


def test_levels_below_the_chosen_one_are_silent(lines: io.StringIO) -> None:
    configure_logging("warning", "json", lines)
    get_logger("vectal.x").info("no")
    logging.getLogger("library").info("no")
    get_logger("vectal.x").warning("yes")
    assert [line["event"] for line in _read(lines)] == ["yes"]


def test_the_standard_library_takes_the_same_way(lines: io.StringIO) -> None:
    configure_logging("info", "json", lines)
    try:
        int("postgresql://app:hunter2@db/vectal is down")
    except ValueError:
        logging.getLogger("library").exception("failed for %s", "Bearer abcdefghijklmnop")
    (line,) = _read(lines)
    assert line["module"] == "library"
    assert line["event"] == f"failed for {MASK}"
    assert "hunter2" not in line["exception"]
    assert "ValueError" in line["exception"]


def test_a_value_that_is_not_json_is_still_logged(lines: io.StringIO) -> None:
    configure_logging("info", "json", lines)
    get_logger("vectal.x").info("odd", what=object, raw=b"abc", lone="\ud800")
    (line,) = _read(lines)
    assert line["raw"] == "[3 bytes]"


@pytest.mark.parametrize(
    "name",
    ["password", "new_password", "Authorization", "x-api-key", "refresh_token", "api_key",
     "sealed_content", "client_secret", "set-cookie", "master_key", "dsn"],
)  # fmt: skip
def test_secrets_are_masked_by_name(name: str) -> None:
    assert redact(name, "hunter2") == MASK
    assert redact("outer", {name: ["hunter2"]}) == {name: MASK}


@pytest.mark.parametrize(
    "name", ["input_tokens", "max_tokens", "task_id", "secretary", "tokenizer"]
)
def test_figures_and_names_alike_stay(name: str) -> None:
    assert not is_secret_name(name)
    assert redact(name, 12) == 12


@pytest.mark.parametrize(
    "secret",
    ["vct_0198abcd_Zm9vYmFyYmF6cXV4", "sk-proj-abcdefghijklmnopqrstuv", "ghp_abcdefghijklmnopqrst",
     "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "Bearer abc.def.ghi-jkl"],
)  # fmt: skip
def test_secrets_are_masked_by_shape(secret: str) -> None:
    assert secret not in redact_text(f"calling with {secret} failed")


def test_a_private_key_is_masked_to_its_end() -> None:
    block = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"
    assert "MIIE" not in redact_text(f"read {block} from file")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(st.text(), json_values)
def test_anything_can_be_redacted(name: str, value: object) -> None:
    json.dumps(redact(name, value))


def test_depth_and_length_are_bounded() -> None:
    deep: object = "x"
    for _ in range(50):
        deep = [deep]
    assert "too deep" in json.dumps(redact("a", deep))
    assert len(str(redact("a", "y" * 1_000_000))) < 10_000
    assert len(json.dumps(redact("a", list(range(10_000))))) < 1_000


def test_what_was_never_configured_stays_out_of_the_output(
    lines: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    reset_logging()
    get_logger("vectal.tasks").warning("late")
    said = capsys.readouterr()
    assert said.out == ""
    assert "late" in said.err
    assert lines.getvalue() == ""


@pytest.mark.parametrize("configured", [False, True])
def test_a_readable_traceback_shows_no_variables_and_no_secret(
    lines: io.StringIO, capsys: pytest.CaptureFixture[str], *, configured: bool
) -> None:
    reset_logging()
    if configured:
        configure_logging("info", "console", lines)
    _fail_with("plain sailing 42")
    said = lines.getvalue() if configured else capsys.readouterr().err
    assert "ValueError" in said
    assert "in _fail_with" in said
    assert "plain sailing" not in said
    assert "hunter2" not in said


def _fail_with(kept: str) -> None:
    try:
        int("postgresql://app:hunter2@db/vectal is down")
    except ValueError:
        get_logger("vectal.x").exception("failed", letters=len(kept))
