"""A small instance of a JSON schema: always the same one, found fast or not at all.

The sampler goes down the schema and takes the first way that it finds. Keywords that it does not
know it leaves to the check at the end; when that fails, it goes other ways a few times.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

from vectal.ai.providers.simulated.instances.errors import NoInstanceError, TooLargeError
from vectal.ai.providers.simulated.instances.hints import hinted
from vectal.ai.providers.simulated.instances.merging import Json, check_size, merged, number
from vectal.ai.providers.simulated.instances.scalars import compiled, number_of, text_of
from vectal.ai.providers.untrusted import as_list, as_object

Fill: TypeAlias = Literal["required", "closed", "all"]
"""Which properties: those that must be, also all of objects that take no others, or all."""

_MOST_STEPS: Final = 4_000
"""Over all ways that are tried."""
_STEP_CHARS: Final = 64
_COMPILED_STEPS: Final = 40
_LARGEST: Final = 1_000
_DEEPEST: Final = 24
_MOST_BRANCHES: Final = 32
_TURNS: Final = 4
_HINTS: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("object", frozenset({"properties", "required", "additionalProperties", "minProperties"})),
    ("array", frozenset({"items", "prefixItems", "minItems", "uniqueItems", "contains"})),
    ("number", frozenset({"minimum", "maximum", "multipleOf", "exclusiveMinimum"})),
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the instance: under which name, the how manieth in its list, how deep."""

    name: str = ""
    at: int = 0
    depth: int = 0
    followed: frozenset[str] = frozenset()


class _Budget:
    def __init__(self) -> None:
        self._left = _MOST_STEPS

    def spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise TooLargeError


def instance_of(schema: Mapping[str, Any], *, strict: bool = False, filled: bool = False) -> Any:
    """A valid instance; raises NoInstanceError where none is found.

    A `strict` schema of an object without more properties gets all that it names. `filled` prefers
    an instance with something in it to one that is valid because it is empty.
    """
    root = dict(schema)
    check_size(root)
    budget = _Budget()
    fits = None
    empty: list[Any] = []
    for fill, turn in _plans(strict=strict):
        try:
            found = _Sampler(root, fill, turn, budget).make([root], _Place())
        except TooLargeError:
            break
        except NoInstanceError:
            continue
        fits = fits or compiled(root).is_valid
        if not fits(found):
            continue
        if found or not filled or not isinstance(found, dict | list):
            return found
        empty.append(found)
    if empty:
        return empty[0]
    raise NoInstanceError


def _plans(*, strict: bool) -> Iterator[tuple[Fill, int]]:
    first: Fill = "closed" if strict else "required"
    for turn in range(_TURNS):
        yield first, turn
        yield "all", turn


class _Sampler:
    """One way through the schema: how full objects are, and which branch is taken first."""

    def __init__(self, root: Json, fill: Fill, turn: int, budget: _Budget) -> None:
        self._root = root
        self._fill = fill
        self._turn = turn
        self._budget = budget

    def make(
        self, parts: list[object], place: _Place, chosen_from: Sequence[list[Any]] = ()
    ) -> Any:
        """An instance of all of `parts` at once, and of one of each of `chosen_from`."""
        if place.depth > _DEEPEST:
            raise NoInstanceError
        found = merged(parts, self._root, place.followed, self._budget.spend)
        place = replace(place, followed=found.followed, depth=place.depth + 1)
        branches = [*found.branches, *chosen_from]
        if branches:
            return self._branched(found.fields, branches, place)
        fields = found.fields
        if self._turn == 0:  # nobody has promised them, so other ways do without
            fields = {**hinted(fields.get("description")), **fields}
        if "const" in fields:
            return self._paid(fields["const"])
        options = as_list(fields.get("enum"))
        if options is not None:
            if not options:
                raise NoInstanceError
            return self._paid(options[(place.at + self._turn) % len(options)])
        return self._typed(fields, place)

    def _paid(self, value: Any) -> Any:
        """A value as it is; large ones cost more, since they may come many times."""
        self._budget.spend(len(json.dumps(value)) // _STEP_CHARS)
        return value

    def _branched(self, fields: Json, branches: list[list[Any]], place: _Place) -> Any:
        options, *rest = branches
        for turn in range(min(len(options), _MOST_BRANCHES)):
            option = options[(turn + self._turn) % len(options)]
            try:
                return self.make([fields, option], place, rest)
            except TooLargeError:
                raise
            except NoInstanceError:
                continue
        raise NoInstanceError

    def _typed(self, fields: Json, place: _Place) -> Any:
        for kind in _kinds(fields):
            try:
                return self._of_kind(kind, fields, place)
            except TooLargeError:
                raise
            except NoInstanceError:
                continue
        raise NoInstanceError

    def _of_kind(self, kind: object, fields: Json, place: _Place) -> Any:
        match kind:
            case "object":
                return self._object(fields, place)
            case "array":
                return self._array(fields, place)
            case "string":
                if isinstance(fields.get("pattern"), str):
                    self._budget.spend(_COMPILED_STEPS)
                return self._paid(text_of(fields, place.name, place.at))
            case "integer" | "number":
                return number_of(fields, place.at, whole=kind == "integer")
            case "boolean":
                return place.at % 2 == 0
            case "null":
                return None
            case _:
                raise NoInstanceError

    def _object(self, fields: Json, place: _Place) -> Json:
        properties = as_object(fields.get("properties"))
        needed = [name for name in as_list(fields.get("required")) or [] if isinstance(name, str)]
        least = _count(fields, "minProperties")
        self._budget.spend(len(needed))
        needs = frozenset(needed)
        takes_all = self._takes_all(fields)
        made: Json = {}
        for name in dict.fromkeys([*properties, *needed]):
            if name in needs:
                made[name] = self._property(name, fields, place)
            elif takes_all:
                self._add(made, name, fields, place)
        spare = [name for name in properties if name not in made]
        spare += [f"extra_{at}" for at in range(1, least + 1)]
        for name in spare:
            if len(made) >= least:
                break
            self._add(made, name, fields, place)
        return made

    def _takes_all(self, fields: Json) -> bool:
        is_closed = fields.get("additionalProperties") is False
        return self._fill == "all" or (self._fill == "closed" and is_closed)

    def _add(self, made: Json, name: str, fields: Json, place: _Place) -> None:
        """A property that may be missing."""
        try:
            made[name] = self._property(name, fields, place)
        except TooLargeError:
            raise
        except NoInstanceError:
            return

    def _property(self, name: str, fields: Json, place: _Place) -> Any:
        self._budget.spend(len(name) // _STEP_CHARS)
        properties = as_object(fields.get("properties"))
        others = list(as_object(fields.get("patternProperties")).values())
        schema = fields.get("additionalProperties", True)
        if name in properties:
            schema = properties[name]
        elif others:
            schema = others[0]
        return self.make([schema], replace(place, name=name))

    def _array(self, fields: Json, place: _Place) -> list[Any]:
        items = fields.get("items", True)
        first = as_list(fields.get("prefixItems")) or as_list(items) or []
        rest = fields.get("additionalItems", True) if isinstance(items, list) else items
        least = _count(fields, "minItems")
        sought = fields.get("contains")
        wanted = 0
        if sought is not None:
            wanted = _count(fields, "minContains") if "minContains" in fields else 1
        most = number(fields.get("maxItems"))
        count = max(least, len(first), wanted, 1)
        count = count if most is None else min(count, int(most))
        made: list[Any] = []
        for at in range(count):
            parts: list[object] = [first[at] if at < len(first) else rest]
            if at < wanted:
                parts.append(sought)
            try:
                made.append(self.make(parts, replace(place, at=at)))
            except TooLargeError:
                raise
            except NoInstanceError:
                if at < max(least, wanted):
                    raise
                break
        return made


def _kinds(fields: Json) -> list[Any]:
    """The types that it may have, or what its other keywords tell of them."""
    said = fields.get("type")
    if said is not None:
        return as_list(said) or [said]
    return [next((kind for kind, keys in _HINTS if keys & fields.keys()), "string")]


def _count(fields: Json, key: str) -> int:
    """How many there must be; more than anybody wants to read ends the search."""
    least = number(fields.get(key)) or 0
    if least > _LARGEST:
        raise TooLargeError
    return max(0, int(least))
