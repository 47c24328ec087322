"""The reference is what the code says today."""

import pytest

from scripts.reference.pages import FOLDER, PAGES


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_up_to_date(name: str) -> None:
    written = (FOLDER / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), "run: python -m scripts.reference"


def test_every_setting_says_what_it_is_for() -> None:
    rows = [line for line in PAGES["configuration.md"]().splitlines() if line.startswith("| `VEC")]
    assert [row for row in rows if row.endswith("|  |")] == []
