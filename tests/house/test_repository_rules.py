"""Each rule about the tree catches what it is there to catch, and lets the rest be."""

from collections.abc import Callable, Iterable

import pytest

from scripts.house_rules.rulebook import REPOSITORY_RULES
from scripts.house_rules.rules import (
    dependencies,
    links,
    locks,
    machine_paths,
    naming,
    rooms,
    sizes,
)
from scripts.house_rules.sources import Repository
from scripts.house_rules.violation import Violation

Rule = Callable[[Repository], Iterable[Violation]]
Plant = Callable[[dict[str, str]], Repository]

ROOM = '"""Tasks."""\n'
# Put together here, so that this file names no folder of a machine itself.
HOME = "/home" + "/somebody/vectal"

# rule, the tree, the path that must be named
BREACHES: list[tuple[Rule, dict[str, str], str]] = [
    (
        dependencies.dependencies_have_reasons,
        {"pyproject.toml": "[project]\ndependencies = [\"left-pad[all]>=1; python_version>'3'\"]"},
        "pyproject.toml",
    ),
    (
        dependencies.dependencies_have_reasons,
        {"pyproject.toml": '[dependency-groups]\ndev = ["left-pad>=1"]'}
        | {"docs/dependencies.md": "| `left-pad` | |\n"},
        "pyproject.toml",
    ),
    (
        dependencies.dependencies_have_reasons,
        {"web/package.json": '{"devDependencies": {"@scope/left-pad": "1.0.0"}}'},
        "web/package.json",
    ),
    (
        dependencies.dependencies_have_reasons,
        {"docs/dependencies.md": "| `left-pad` | Pads on the left. |\n"},
        "docs/dependencies.md",
    ),
    (links.links_lead_somewhere, {"docs/a.md": "see [b](b.md)\n"}, "docs/a.md"),
    (links.links_lead_somewhere, {"docs/a.md": "![b](../b%20c.png)\n", "b c.svg": ""}, "a.md"),
    (
        locks.locks_name_public_hosts,
        {"uv.lock": 'source = { registry = "https://mirror.example.org/simple" }\n'},
        "uv.lock",
    ),
    (
        locks.locks_name_public_hosts,
        {"uv.lock": 'wheels = [{ url = "http://10.0.0.7:8081/a.whl", hash = "x" }]\n'},
        "uv.lock",
    ),
    (
        locks.locks_name_public_hosts,
        {"web/package-lock.json": '"resolved": "https://npm.example.org/a/-/a-1.tgz",\n'},
        "web/package-lock.json",
    ),
    (
        locks.locks_name_public_hosts,
        {"web/.npmrc": "registry=https://npm.example.org/\n"},
        "web/.npmrc",
    ),
    (
        locks.locks_name_public_hosts,
        {"pyproject.toml": '[[tool.uv.index]]\nurl = "https://pypi.example.org/simple"\n'},
        "pyproject.toml",
    ),
    (machine_paths.no_path_of_a_machine, {"docs/guide.md": f"cd {HOME}/web\n"}, "docs/guide.md"),
    (
        machine_paths.no_path_of_a_machine,
        {"README.md": "open C:\\Users" + "\\me\\vectal\n"},
        "README.md",
    ),
    (naming.files_have_telling_names, {"src/vectal/tasks/utils.py": ""}, "utils.py"),
    (naming.files_have_telling_names, {"src/vectal/core/plan.py": ""}, "core/plan.py"),
    (naming.files_have_telling_names, {"tests/tasks/test_helpers.py": ""}, "test_helpers.py"),
    (naming.files_have_telling_names, {"web/src/dateUtils.ts": ""}, "dateUtils.ts"),
    (naming.files_have_telling_names, {"web/src/ui/common/Button.tsx": ""}, "Button.tsx"),
    (
        rooms.rooms_are_introduced_and_inhabited,
        {"src/vectal/__init__.py": ROOM, "src/vectal/tasks/service.py": ROOM},
        "src/vectal/tasks",
    ),
    (
        rooms.rooms_are_introduced_and_inhabited,
        {"src/vectal/__init__.py": ROOM, "src/vectal/tasks/__init__.py": ROOM},
        "src/vectal/tasks/__init__.py",
    ),
    (sizes.files_are_short, {"src/vectal/plan.py": "x = 1\n" * 501}, "src/vectal/plan.py"),
    (sizes.files_are_short, {"tests/test_plan.py": "x = 1\n" * 501}, "tests/test_plan.py"),
    (sizes.files_are_short, {"web/src/Plan.tsx": "x;\n" * 501}, "web/src/Plan.tsx"),
]

PERMITTED: list[tuple[Rule, dict[str, str]]] = [
    (
        links.links_lead_somewhere,
        {
            "docs/a.md": "[b](b/c.md#part) [up](../README.md) [folder](b) [here](#part)\n"
            "[web](https://example.org/x.md) [mail](mailto:a@example.org)\n",
            "docs/b/c.md": "",
            "README.md": "",
        },
    ),
    (
        dependencies.dependencies_have_reasons,
        {
            "pyproject.toml": '[project]\ndependencies = ["left-pad[all]>=1"]',
            "web/package.json": '{"dependencies": {"@scope/left-pad": "1.0.0"}}',
            "docs/dependencies.md": "| package | reason |\n|---|---|\n"
            "| `left-pad` | Pads on the left. |\n| `@scope/left-pad` | There too. |\n",
        },
    ),
    (
        locks.locks_name_public_hosts,
        {
            "uv.lock": 'source = { registry = "https://pypi.org/simple" }\n'
            'wheels = [{ url = "https://files.pythonhosted.org/a.whl" }]\n',
            "web/package-lock.json": '"resolved": "https://registry.npmjs.org/a/-/a-1.tgz",\n'
            '"funding": { "url": "https://opencollective.com/a" }\n',
            "web/.npmrc": "omit-lockfile-registry-resolved=true\n",
            "pyproject.toml": '[project.urls]\nHomepage = "https://example.org"\n',
        },
    ),
    (machine_paths.no_path_of_a_machine, {"README.md": "data is in ~/.local/share/vectal\n"}),
    (machine_paths.no_path_of_a_machine, {"web/logo.png": f"{HOME}/web\n"}),
    (naming.files_have_telling_names, {"src/vectal/platform/crypto/data_keys.py": ""}),
    (naming.files_have_telling_names, {"web/src/features/information/Panel.tsx": ""}),
    (naming.files_have_telling_names, {"deploy/common/values.yaml": ""}),
    (
        rooms.rooms_are_introduced_and_inhabited,
        {
            "src/vectal/__init__.py": ROOM,
            "src/vectal/tasks/__init__.py": ROOM,
            "src/vectal/tasks/service.py": ROOM,
            "src/vectal/migrations/__init__.py": ROOM,
            "src/vectal/migrations/versions/0001_platform.py": ROOM,
        },
    ),
    (sizes.files_are_short, {"src/vectal/plan.py": "x = 1\n" * 500}),
    (sizes.files_are_short, {"web/src/api/schema.gen.ts": "x;\n" * 5000}),
    (sizes.files_are_short, {"uv.lock": "x\n" * 5000}),
]


@pytest.mark.parametrize(("rule", "files", "names"), BREACHES)
def test_a_planted_breach_is_caught_by_its_path(
    rule: Rule, files: dict[str, str], names: str, plant_tree: Plant
) -> None:
    found = list(rule(plant_tree(files)))

    assert len(found) == 1, found
    assert found[0].path.endswith(names)


@pytest.mark.parametrize(("rule", "files"), PERMITTED)
def test_what_is_permitted_is_let_be(rule: Rule, files: dict[str, str], plant_tree: Plant) -> None:
    assert list(rule(plant_tree(files))) == []


def test_the_folder_of_this_checkout_is_a_path_of_a_machine(plant_tree: Plant) -> None:
    empty = plant_tree({})

    repository = plant_tree({"Makefile": f"run:\n\tcd {empty.root}/web && make\n"})

    (found,) = machine_paths.no_path_of_a_machine(repository)
    assert (found.path, found.line) == ("Makefile", 2)


def test_every_rule_has_a_planted_breach() -> None:
    assert {rule for rule, *_ in BREACHES} == set(REPOSITORY_RULES)
