"""Reading YAML of somebody else: its safe subset, bounded in what it grows to. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from vectal.ai.errors import ImportRefusedError

MAX_BYTES: Final = 1 << 20
_MOST_WEIGHT: Final = 2 * MAX_BYTES
"""Characters and nodes, with all that aliases repeat; no plain file of `MAX_BYTES` has more."""
_MOST_NODES: Final = 50_000
_LONGEST_FIGURE: Final = 200
_TEXT: Final = "tag:yaml.org,2002:str"
_QUOTED: Final = re.compile(r"""'(?!<)[^'\s]{3,}'|"[^"\s]{3,}\"""")


class _Loader(yaml.SafeLoader):
    """The safe loader, which also says where a value is that it can't make out."""

    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        node = super().compose_node(parent, index)
        self.nodes += 1
        if node is not None and self.nodes > _MOST_NODES:
            raise _fault(node, f"it has more than {_MOST_NODES} values")
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:  # noqa: FBT001, FBT002 - as the library calls it
        base: Any = super()
        try:
            return base.construct_object(node, deep)
        except (ArithmeticError, AttributeError, LookupError, ValueError) as error:
            raise _fault(node, "this value can't be read") from error


def load_yaml(text: str) -> object:
    """The document in `text`; raises ImportRefusedError, with the place of what is wrong."""
    if len(text.encode()) > MAX_BYTES:
        raise ImportRefusedError(f"The file has more than {MAX_BYTES} bytes.")
    try:
        loader: Any = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _weigh(node, {})
        return loader.construct_document(node)
    except yaml.reader.ReaderError as error:
        position = error.position
        line = text.count("\n", 0, position) + 1
        column = position - text.rfind("\n", 0, position)
        raise _refused("a character that YAML does not allow", line, column) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        wrong = error.problem or error.context or "it can't be read"
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise _refused(_told(wrong), *place) from error
    except RecursionError as error:
        raise _refused("it is nested too deep", None, None) from error


def _weigh(node: yaml.Node, known: dict[int, int]) -> int:
    """What a node comes to when it is read; 0 in `known` while it is being weighed."""
    weight = known.get(id(node))
    if weight is not None:
        if weight == 0:
            raise _fault(node, "it holds itself")
        return weight
    known[id(node)] = 0
    weight = 1
    if isinstance(node, yaml.MappingNode):
        weight += sum(_weigh(part, known) for pair in node.value for part in pair)
    elif isinstance(node, yaml.SequenceNode):
        weight += sum(_weigh(part, known) for part in node.value)
    else:
        weight += len(node.value)
        if node.tag != _TEXT and weight > _LONGEST_FIGURE:
            raise _fault(node, "this value is too long")
    if weight > _MOST_WEIGHT:
        raise _fault(node, "it grows too large when it is read")
    known[id(node)] = weight
    return weight


def _fault(node: yaml.Node, wrong: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=wrong, problem_mark=node.start_mark)


def _told(wrong: str) -> str:
    """What the parser says, without the words of the file in it: they may be a key."""
    return _QUOTED.sub("…", wrong)[:200]


def _refused(wrong: str, line: int | None, column: int | None) -> ImportRefusedError:
    where = "" if line is None else f", in line {line}, column {column}"
    return ImportRefusedError(f"The file is no YAML: {wrong}{where}", line=line, column=column)
