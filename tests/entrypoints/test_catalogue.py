"""A catalogue with a mistake ends a start with words, not with a traceback."""

from pathlib import Path

import pytest

from vectal.entrypoints.front import open_front
from vectal.platform.config import Settings
from vectal.platform.embedded.errors import ExitCode, OperatorError


async def test_a_mistake_in_the_catalogue_is_told_with_its_place(
    tmp_path: Path, settings: Settings
) -> None:
    file = tmp_path / "models.toml"
    file.write_text("version = 2\n", "utf-8")
    with pytest.raises(OperatorError, match=r"models\.toml: version: ") as told:
        async with open_front(settings.model_copy(update={"models_file": file})):
            pass
    assert told.value.exit_code is ExitCode.BAD_SETTINGS
