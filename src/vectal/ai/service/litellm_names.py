"""Groups of LiteLLM as names of a workspace. Pure.

A group whose model goes by another name becomes an alias. Further models of a group, and what
the file falls back to, become fallbacks.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Final, TypeVar

from vectal.ai.providers.untrusted import as_model_name
from vectal.ai.service.gateway.names import read_choice
from vectal.ai.service.litellm_config import LiteLlmConfig

MAX_FALLBACKS: Final = 5
MAX_NAMES: Final = 100
_T = TypeVar("_T")


def map_names(
    config: LiteLlmConfig, served: Sequence[tuple[str, str, Hashable]]
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Aliases and fallbacks; `served` are groups with their models, each with its provider."""
    named = [(_clean(group), model, provider) for group, model, provider in served]
    named = [entry for entry in named if "*" not in entry[0] + entry[1]]
    for name in dict.fromkeys(name for name, _, _ in named):
        if not _is_free(name):
            config.ignore(f"model_name {name[:80]!r}", "Vectal keeps this name for itself")
    models = _collect((name, model) for name, model, _ in named if _is_free(name))
    _tell_shared(config, named)
    aliases = {name: found[0] for name, found in models.items() if name not in found}
    fallbacks = _fallbacks(config, models)
    for alias, group in config.aliases.items():
        name, target = _clean(alias), _clean(group)
        if not _is_free(name) or target not in models:
            config.ignore(f"model_group_alias.{alias}", "it leads to nothing that was carried over")
        elif name != target:
            aliases[name] = aliases.get(target, target)
            if target in fallbacks:
                fallbacks[name] = fallbacks[target]
    return _first_of(config, aliases, "aliases"), _first_of(config, fallbacks, "fallbacks")


def _fallbacks(config: LiteLlmConfig, models: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    written = {_clean(group): names for group, names in config.fallbacks.items()}
    for group in (each for each in written if each not in models):
        config.ignore(f"fallbacks.{group}", "no deployment of this name was carried over")
    kept: dict[str, tuple[str, ...]] = {}
    for name, found in models.items():
        wanted = list(map(_clean, (*written.get(name, ()), *config.default_fallbacks)))
        for lost in (each for each in wanted if each not in models):
            config.ignore(f"fallbacks.{name}", f"{lost} was not carried over")
        first = name if name in found else found[0]
        line = [*found, *(each for each in wanted if each in models)]
        others = [each for each in dict.fromkeys(line) if each not in {first, name}]
        if len(others) > MAX_FALLBACKS:
            config.ignore(f"fallbacks.{name}", f"only the first {MAX_FALLBACKS} were taken")
        if others:
            kept[name] = tuple(others[:MAX_FALLBACKS])
    return kept


def _tell_shared(config: LiteLlmConfig, named: Iterable[tuple[str, str, Hashable]]) -> None:
    """Say where groups that had a key each come to share it: ours go by the model."""
    providers: dict[str, dict[str, set[Hashable]]] = {}
    for name, model, provider in named:
        providers.setdefault(model, {}).setdefault(name, set()).add(provider)
    for model, by_name in providers.items():
        if len(set(map(frozenset, by_name.values()))) > 1:
            config.ignore(
                f"model_name {', '.join(by_name)}"[:200],
                f"all of them mean {model} here, and so share its providers",
            )


def _collect(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, model in pairs:
        models = groups.setdefault(name, [])
        if model not in models:
            models.append(model)
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
