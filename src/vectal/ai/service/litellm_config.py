"""Reading a `config.yaml` of LiteLLM: its deployments, names and fallbacks, as they stand there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from vectal.ai.errors import ImportRefusedError
from vectal.ai.providers.untrusted import as_object
from vectal.ai.service.litellm_yaml import load_yaml

MAX_DEPLOYMENTS: Final = 500
MAX_PLACES: Final = 500
"""Of which it is told why they were left out."""
REFERENCE: Final = "os.environ/"
_MOST_NAMES: Final = 100
_MOST_SHOWN: Final = 200
_USED: Final = frozenset(
    (
        *("model", "api_base", "base_url", "api_key", "weight", "order", "rpm", "tpm"),
        *("region_name", "custom_llm_provider", "litellm_credential_name"),
    )
)
_SECTIONS: Final = frozenset(
    (
        *("model_list", "router_settings", "litellm_settings"),
        *("credential_list", "environment_variables"),
    )
)
_FALLBACKS: Final = ("fallbacks", "context_window_fallbacks")
_WHY: Final[Mapping[str, str]] = {
    "general_settings.master_key": "make keys with `vectal keys create`",
    "general_settings.database_url": "Vectal has a database of its own",
    "include": "other files are not followed: import each by itself",
    "litellm_settings.drop_params": "what a model can't take is left out anyway",
    "num_retries": "Vectal retries within a budget of its own",
    "allowed_fails": "Vectal leaves alone by itself what fails too often",
    "cooldown_time": "Vectal leaves alone by itself what fails too often",
    "routing_strategy": "Vectal spreads calls by priority and weight",
    "rpm": "Vectal limits keys and budgets, not providers",
    "tpm": "Vectal limits keys and budgets, not providers",
    "max_parallel_requests": "Vectal limits keys and budgets, not providers",
    "input_cost_per_token": "prices are given in the catalogue file",
    "output_cost_per_token": "prices are given in the catalogue file",
}
_MORE: Final = "and more"
_NOTHING_LIKE_IT: Final = "Vectal has nothing that corresponds"


@dataclass(frozen=True, slots=True)
class Note:
    """What became of a part of the file, or why nothing did."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """One entry of `model_list`. A text may be `os.environ/NAME`; figures are None when absent."""

    place: str
    group: str
    model: str
    provider: str | None
    base_url: str
    key: str = field(repr=False)
    weight: float | None
    order: float | None
    rpm: float | None
    tpm: float | None
    region: str
    about: Mapping[str, Any]


@dataclass(slots=True)
class LiteLlmConfig:
    """`aliases` and `fallbacks` name groups of deployments, not models of vendors."""

    deployments: list[Deployment] = field(default_factory=list[Deployment])
    aliases: dict[str, str] = field(default_factory=dict[str, str])
    fallbacks: dict[str, dict[str, None]] = field(default_factory=dict[str, dict[str, None]])
    """The names behind each group, in their order."""
    default_fallbacks: list[str] = field(default_factory=list[str])
    variables: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    ignored: dict[str, str] = field(default_factory=dict[str, str])
    """Why, by place; a setting of many deployments is told once."""

    def ignore(self, place: str, why: str | None = None) -> None:
        last = place.rpartition(".")[2]
        reason = why or _WHY.get(place) or _WHY.get(last, _NOTHING_LIKE_IT)
        if len(self.ignored) < MAX_PLACES:
            self.ignored.setdefault(place[:_MOST_SHOWN], reason[: 2 * _MOST_SHOWN])
        else:
            self.ignored.setdefault(_MORE, f"only the first {MAX_PLACES} places are listed")


def read_litellm(text: str) -> LiteLlmConfig:
    """Raises ImportRefusedError for what is no such file at all."""
    root = as_object(load_yaml(text))
    entries = root.get("model_list")
    if not isinstance(entries, list):
        raise ImportRefusedError("The file has no model_list, so it is no config.yaml of LiteLLM.")
    found = cast("list[object]", entries)
    if len(found) > MAX_DEPLOYMENTS:
        raise ImportRefusedError(f"The file has more than {MAX_DEPLOYMENTS} deployments.")
    config = LiteLlmConfig()
    config.variables = {
        name: value
        for name, value in as_object(root.get("environment_variables")).items()
        if isinstance(value, str)
    }
    credentials = dict(_credentials(root.get("credential_list")))
    for number, entry in enumerate(found):
        _read_deployment(config, f"model_list[{number}]", as_object(entry), credentials)
    _read_settings(config, root)
    return config


def _credentials(stored: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for entry in cast("list[object]", stored) if isinstance(stored, list) else []:
        fields = as_object(entry)
        yield _text(fields.get("credential_name")), as_object(fields.get("credential_values"))


def _read_deployment(
    config: LiteLlmConfig,
    place: str,
    entry: Mapping[str, Any],
    credentials: Mapping[str, Mapping[str, Any]],
) -> None:
    own = as_object(entry.get("litellm_params"))
    params = {**credentials.get(_text(own.get("litellm_credential_name")), {}), **own}
    group, model = _text(entry.get("model_name")), _text(params.get("model"))
    if not group or not model:
        config.ignore(place, "it has no model_name or no litellm_params.model")
        return
    for name in own:
        if name not in _USED:
            config.ignore(f"litellm_params.{name}")
    config.deployments.append(
        Deployment(
            place,
            group,
            model,
            _text(params.get("custom_llm_provider")) or None,
            _text(params.get("api_base") or params.get("base_url")),
            _text(params.get("api_key")),
            _number(params.get("weight")),
            _number(params.get("order")),
            _number(params.get("rpm", entry.get("rpm"))),
            _number(params.get("tpm", entry.get("tpm"))),
            _word(params.get("region_name")).lower()[:40],
            as_object(entry.get("model_info")),
        )
    )


def _read_settings(config: LiteLlmConfig, root: Mapping[str, Any]) -> None:
    router, module = as_object(root.get("router_settings")), as_object(root.get("litellm_settings"))
    for name, target in as_object(router.get("model_group_alias")).items():
        # Either the group itself, or an object that also hides the alias from lists.
        meant = target if isinstance(target, str) else as_object(target).get("model")
        if isinstance(meant, str):
            config.aliases[str(name)] = meant
        else:
            config.ignore(f"router_settings.model_group_alias.{name}", "it names no model")
    for settings in (router, module):
        for kind in _FALLBACKS:
            _read_fallbacks(config, settings.get(kind))
        config.default_fallbacks += _names(settings.get("default_fallbacks"))
    used = {*_FALLBACKS, "default_fallbacks", "model_group_alias"}
    sections = {"router_settings": router, "litellm_settings": module}
    sections |= {name: as_object(root[name]) for name in root if name not in _SECTIONS}
    for section, settings in sections.items():
        for name in settings:
            if name not in used:
                config.ignore(f"{section}.{name}")
        if not settings and section in root:
            config.ignore(section)


def _read_fallbacks(config: LiteLlmConfig, stored: object) -> None:
    for entry in cast("list[object]", stored) if isinstance(stored, list) else [stored]:
        for group, names in as_object(entry).items():
            config.fallbacks.setdefault(str(group), {}).update(dict.fromkeys(_names(names)))


def _names(stored: object) -> list[str]:
    entries = cast("list[object]", stored) if isinstance(stored, list) else []
    return [entry for entry in entries[:_MOST_NAMES] if isinstance(entry, str) and entry]


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _word(value: object) -> str:
    """A text to show in one line; anything else reads as none."""
    text = _text(value)
    return text if text.isprintable() else ""


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:  # noqa: PLR2004
        return None
    return float(value)
