"""What an operator sets is what the child is told."""

import pytest
from tests.fixtures.documents import extract

from vectal.documents.extraction.configured import options_of, sandbox_of
from vectal.platform.config import Settings


async def test_settings_reach_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VECTAL_DOCUMENT_SANDBOX", "reduced")
    monkeypatch.setenv("VECTAL_DOCUMENT_MEMORY_MB", "512")
    monkeypatch.setenv("VECTAL_OCR_LANGUAGES", "deu, eng")
    settings = Settings()
    options, sandbox = options_of(settings), sandbox_of(settings)
    assert sandbox.mode == "reduced"
    assert options.limits.memory_bytes == 512 << 20
    assert options.ocr.languages == ("deu", "eng")
    assert (await extract(b"words", options, sandbox)).text == "words"


def test_nothing_set_means_all_locks() -> None:
    assert sandbox_of(Settings()).mode == "full"
