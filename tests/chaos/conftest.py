"""Kill tests print their figures at the end of the run."""

import pytest

FIGURES = pytest.StashKey[list[str]]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in config.stash.get(FIGURES, list[str]()):
        terminalreporter.write_line(line)
