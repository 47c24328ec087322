"""Read single parts of an Office package, a bounded piece of each."""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
import zlib
from typing import Final

from vectal.documents.extraction.faults import ParseFault

_LARGEST_PART: Final = 32 << 20
_RELATION: Final = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")
_ATTRIBUTE: Final = re.compile(r"([\w:]+)\s*=\s*\"([^\"]*)\"")


class Package:
    """An archive of XML parts that name each other by relations.

    Its XML is searched for tags, never handed to an XML parser: there is nothing to expand.
    """

    def __init__(self, content: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise ParseFault("damaged") from error

    def read(self, name: str) -> str:
        """The text of a part; empty when there is none. Raises `ParseFault`."""
        try:
            with self._archive.open(name) as part:
                content = part.read(_LARGEST_PART + 1)
        except KeyError:
            return ""
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError) as error:
            raise ParseFault("damaged") from error
        if len(content) > _LARGEST_PART:
            raise ParseFault("too_large_unpacked")
        return content.decode(errors="replace")

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Of a part: id to (last word of the type, name of the target)."""
        folder, file = posixpath.split(name)
        found: dict[str, tuple[str, str]] = {}
        for tag in _RELATION.findall(self.read(f"{folder}/_rels/{file}.rels")):
            values = attributes_of(tag)
            target = posixpath.normpath(posixpath.join("/", folder, values.get("Target", "")))
            kind = values.get("Type", "").rpartition("/")[2]
            found[values.get("Id", "")] = (kind, target.lstrip("/"))
        return found


def attributes_of(tag: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(tag)}
