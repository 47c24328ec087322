"""The catalogue file: what ships, and how mistakes in it are told."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vectal.ai.catalog.models_file import (
    ModelsFileError,
    default_models_file,
    load_models_file,
    parse_models_file,
)
from vectal.ai.contracts import SLOTS

Json = dict[str, Any]


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"  # type: ignore[arg-type]
    if isinstance(value, dict):
        pairs = ", ".join(f"{key} = {_toml(item)}" for key, item in value.items())  # type: ignore[arg-type]
        return "{ " + pairs + " }"
    return str(value)


def _written(change: Callable[[Json], object]) -> str:
    document: Json = tomllib.loads(default_models_file().read_text("utf-8"))
    change(document)
    return "\n".join(f"{key} = {_toml(value)}" for key, value in document.items())


def test_the_catalogue_that_ships_is_sound() -> None:
    file = load_models_file()
    assert tuple(slot.name for slot in file.slots) == SLOTS
    assert all(model.max_output_tokens < model.context_tokens for model in file.models)


def test_a_rewritten_catalogue_reads_the_same() -> None:
    assert parse_models_file(_written(lambda _: None), "x") == load_models_file()


_MISTAKES: list[tuple[Callable[[Json], object], str]] = [
    (lambda d: d["models"][0].update(colour="red"), "colour"),
    (lambda d: d["models"][0].pop("context_tokens"), "models[1].context_tokens"),
    (lambda d: d["models"][1].update(context_tokens=-5), "models[2].context_tokens"),
    (lambda d: d["models"][0].update(provider="acme"), "models[1].provider"),
    (lambda d: d["models"][0].update(tools="yes"), "models[1].tools"),
    (lambda d: d["models"][0].update(sampling=0), "models[1].sampling"),
    (lambda d: d["models"][0].update(name="no spaces please"), "models[1].name"),
    (lambda d: d["models"][0].update(aliases=["gpt-6-luna"]), "'gpt-6-luna' is used twice"),
    (lambda d: d["models"][0].update(max_output_tokens=2_000_000), "more than its context"),
    (lambda d: d["models"][0].update(successor="nonesuch"), "'nonesuch', which is no model"),
    (lambda d: d["models"][0].update(successor="gpt-6.1-sol"), "by itself"),
    (lambda d: d["models"][1].update(successor="gpt-6-luna"), "by itself"),
    (lambda d: d["slots"].pop(0), "slot 'pro' is missing"),
    (lambda d: d["slots"].append(d["slots"][0]), "slot 'pro' is there twice"),
    (lambda d: d["slots"][0].update(models=["nonesuch"]), "'nonesuch'"),
    (lambda d: d["slots"][0].update(models=["simulator"]), "no model of a provider"),
    (lambda d: d["slots"][0].update(models=[]), "slots[1].models"),
    (lambda d: d["slots"][0].update(simulator="gpt-6.1-sol"), "no simulator"),
    (lambda d: d.update(version=2), "version"),
    (lambda d: d.pop("slots"), "slots"),
]


@pytest.mark.parametrize(("change", "words"), _MISTAKES)
def test_a_mistake_is_told_with_its_place(change: Callable[[Json], object], words: str) -> None:
    with pytest.raises(ModelsFileError) as caught:
        parse_models_file(_written(change), "models.toml")
    assert str(caught.value).startswith("models.toml: ")
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["[[[", "version = ", "\x00"])
def test_what_is_no_toml_is_told(text: str) -> None:
    with pytest.raises(ModelsFileError, match="is no TOML"):
        parse_models_file(text, "models.toml")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelsFileError, match="can't be read"):
        load_models_file(tmp_path / "none.toml")


@pytest.mark.parametrize("said", [None, True, False])
def test_a_model_may_take_no_sampling(said: bool | None) -> None:  # noqa: FBT001 - a case
    def change(document: Json) -> None:
        document["models"][0].pop("sampling", None)
        if said is not None:
            document["models"][0]["sampling"] = said

    model = parse_models_file(_written(change), "x").models[0]
    assert model.traits.sampling is (said is not False)


def test_an_operators_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "models.toml"
    path.write_text(_written(lambda d: d["slots"][0].update(label="Mine")), "utf-8")
    assert load_models_file(path).slot("pro").label == "Mine"
