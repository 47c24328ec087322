"""A link in the documents leads to a file that is there."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from posixpath import normpath
from urllib.parse import unquote

from scripts.house_rules.sources import Repository
from scripts.house_rules.violation import Violation

# `[words](target)`; a target with a scheme or only a fragment leads elsewhere.
_LINK = re.compile(r"\]\((?![a-z][a-z0-9+.-]*:|#)(?P<target>[^)\s#]+)")


def links_lead_somewhere(repository: Repository) -> Iterator[Violation]:
    known = {*repository.paths, *_list_folders(repository.paths)}
    for path in repository.paths:
        if not path.endswith(".md"):
            continue
        folder = PurePosixPath(path).parent
        for number, line in enumerate(repository.read(path).splitlines(), start=1):
            for match in _LINK.finditer(line):
                target = unquote(match["target"])
                if normpath((folder / target).as_posix()) not in known:
                    yield Violation(path, number, "link", f"{target} leads nowhere")


def _list_folders(paths: tuple[str, ...]) -> set[str]:
    return {parent.as_posix() for path in paths for parent in PurePosixPath(path).parents}
