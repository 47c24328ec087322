"""Checks the house: `python -m scripts.house_rules [root]`. Ends with 1 when a rule is broken."""

import gc
import sys
from pathlib import Path

from scripts.house_rules.contracts.report import check_contracts
from scripts.house_rules.rulebook import judge
from scripts.house_rules.rules.sizes import measure
from scripts.house_rules.sources import open_repository


def main(arguments: list[str]) -> int:
    root = Path(arguments[0] if arguments else ".")
    repository = open_repository(root)
    contracts = check_contracts(root / ".importlinter")
    findings = [*map(str, sorted(judge(repository))), *map(str, contracts.broken)]
    for finding in findings:
        _say(finding)
    _say(str(measure(repository)))
    _say(
        f"{contracts.kept} contracts kept, {len(contracts.broken)} broken; "
        f"{len(findings) - len(contracts.broken)} violations of rules",
    )
    return 1 if findings else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    gc.disable()  # syntax trees are many and all live to the end; looking for garbage is in vain
    sys.exit(main(sys.argv[1:]))
