"""The repository knows nothing of the machine it was written on."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from scripts.house_rules.sources import Repository
from scripts.house_rules.violation import Violation

_BINARY = frozenset(
    {".gif", ".gz", ".ico", ".jpg", ".jpeg", ".pdf", ".png", ".webp", ".woff", ".woff2", ".zip"},
)
# The classes keep this file from naming what it looks for.
_HOME_FOLDERS = re.compile(r"/hom[e]/[a-z][\w.-]*/|/User[s]/[A-Za-z][\w.-]*/|[A-Z]:\\+User[s]\\")
_DEEP_ENOUGH = 3  # "/", a folder, the checkout: shorter paths are ordinary words


def no_path_of_a_machine(repository: Repository) -> Iterator[Violation]:
    checkout = _find_checkout(repository.root)
    for path in repository.paths:
        if PurePosixPath(path).suffix in _BINARY:
            continue
        text = repository.read(path)
        if not (_HOME_FOLDERS.search(text) or (checkout and checkout.search(text))):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            found = _HOME_FOLDERS.search(line) or (checkout and checkout.search(line))
            if found:
                message = f"{found[0]} is a path of one machine"
                yield Violation(path, number, "machine-path", message)


def _find_checkout(root: Path) -> re.Pattern[str] | None:
    """Match the folder of this very checkout, unless it is too short to mean only that."""
    resolved = root.resolve()
    if len(resolved.parts) < _DEEP_ENOUGH:
        return None
    return re.compile(rf"{re.escape(str(resolved))}(?![\w-])")
