"""Groups of LiteLLM as names of a workspace. Pure.

A group whose model goes by another name becomes an alias. Further models of a group, and what
the file falls back to, become fallbacks. Vectors of two models don't compare, so a group that
makes them has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeVar

from vectal.ai.providers.untrusted import as_model_name
from vectal.ai.service.gateway.names import read_choice
from vectal.ai.service.litellm_config import LiteLlmConfig

MAX_FALLBACKS: Final = 5
MAX_NAMES: Final = 100
_T = TypeVar("_T")


class Served(NamedTuple):
    """A group of the file, with a model of it, the provider that has it, and where it says so."""

    group: str
    model: str
    provider: str
    embeds: bool
    place: str


def map_names(
    config: LiteLlmConfig, served: Sequence[Served]
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Aliases and fallbacks of what was carried over."""
    named = [each._replace(group=_clean(each.group)) for each in served]
    named = [each for each in named if "*" not in each.group + each.model]
    for name in dict.fromkeys(each.group for each in named):
        if not _is_free(name):
            config.ignore(f"model_name {name[:80]!r}", "Vectal keeps this name for itself")
    _tell_shared(config, named)
    free = [each for each in named if _is_free(each.group)]
    models = _collect(each for each in free if not each.embeds)
    vectors = _collect(each for each in free if each.embeds)
    fallbacks = _fallbacks(config, models, vectors)
    _tell_vectors(config, models, vectors)
    models = {**vectors, **models}
    firsts = {each.group: models[each.group] for each in free}
    aliases = {name: found[0] for name, found in firsts.items() if name not in found}
    for alias, group in config.aliases.items():
        name, target = _clean(alias), _clean(group)
        if not _is_free(name) or target not in models:
            config.ignore(f"model_group_alias.{alias}", "it leads to nothing that was carried over")
        elif name != target:
            aliases[name] = aliases.get(target, target)
            if target in fallbacks:
                fallbacks[name] = fallbacks[target]
    return _first_of(config, aliases, "aliases"), _first_of(config, fallbacks, "fallbacks")


def _fallbacks(
    config: LiteLlmConfig, models: dict[str, list[str]], vectors: dict[str, list[str]]
) -> dict[str, tuple[str, ...]]:
    written = {_clean(group): names for group, names in config.fallbacks.items()}
    for group in (each for each in written if each not in models and each not in vectors):
        config.ignore(f"fallbacks.{group}", "no deployment of this name was carried over")
    kept: dict[str, tuple[str, ...]] = {}
    for name, found in models.items():
        wanted = list(map(_clean, (*written.get(name, ()), *config.default_fallbacks)))
        for lost in (each for each in wanted if each not in models):
            why = "makes vectors" if lost in vectors else "was not carried over"
            config.ignore(f"fallbacks.{name}", f"{lost} {why}")
        first = name if name in found else found[0]
        line = [*found, *(each for each in wanted if each in models)]
        others = [each for each in dict.fromkeys(line) if each not in {first, name}]
        if len(others) > MAX_FALLBACKS:
            config.ignore(f"fallbacks.{name}", f"only the first {MAX_FALLBACKS} were taken")
        if others:
            kept[name] = tuple(others[:MAX_FALLBACKS])
    return kept


def _tell_vectors(
    config: LiteLlmConfig, models: dict[str, list[str]], vectors: dict[str, list[str]]
) -> None:
    """Say what a group that makes vectors loses: it means one model, and nothing stands in."""
    written = {_clean(group) for group in config.fallbacks}
    for name, found in vectors.items():
        if name in models:
            config.ignore(f"model_name {name}", "its models for vectors go by their own names")
        elif len(found) > 1 or name in written:
            kept = name if name in found else found[0]
            why = f"it means {kept} alone: vectors of two models don't compare"
            config.ignore(f"fallbacks.{name}", why)


def _tell_shared(config: LiteLlmConfig, named: Iterable[Served]) -> None:
    """Say where groups that had a key each come to share it: ours go by the model."""
    providers: dict[str, dict[str, set[str]]] = {}
    for name, model, provider, *_ in named:
        providers.setdefault(model, {}).setdefault(name, set()).add(provider)
    for model, by_name in providers.items():
        if len(set(map(frozenset, by_name.values()))) > 1:
            config.ignore(
                f"model_name {', '.join(by_name)}"[:200],
                f"all of them mean {model} here, and so share its providers",
            )


def _collect(named: Iterable[Served]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for each in named:
        models = groups.setdefault(each.group, [])
        if each.model not in models:
            models.append(each.model)
    return groups


def _clean(group: str) -> str:
    """The group as our clients may say it: a kind before a slash is only for the eye."""
    return read_choice(group).model or group


def _is_free(name: str) -> bool:
    return read_choice(name).model is not None and as_model_name(name) is not None


def _first_of(config: LiteLlmConfig, found: dict[str, _T], what: str) -> dict[str, _T]:
    if len(found) > MAX_NAMES:
        config.ignore(what, f"a workspace has at most {MAX_NAMES}; the first were taken")
    return {name: found[name] for name in list(found)[:MAX_NAMES]}
