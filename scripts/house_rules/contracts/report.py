"""Runs the contracts of a configuration file and says which are broken, and why."""

from dataclasses import dataclass
from pathlib import Path

from importlinter.application import output, use_cases
from importlinter.configuration import configure
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.layers import LayersContract
from importlinter.domain.contract import Contract, registry

from scripts.house_rules.contracts.entrances import EntrancesContract
from scripts.house_rules.contracts.loops import LoopsContract
from scripts.house_rules.contracts.repositories import RepositoriesContract
from scripts.house_rules.contracts.roles import RolesContract
from scripts.house_rules.contracts.vendors import VendorsContract

CONTRACT_TYPES: dict[str, type[Contract]] = {
    "acyclic_siblings": AcyclicSiblingsContract,
    "entrances": EntrancesContract,
    "layers": LayersContract,
    "loops": LoopsContract,
    "repositories": RepositoriesContract,
    "roles": RolesContract,
    "vendors": VendorsContract,
}


@dataclass(frozen=True)
class BrokenContract:
    id: str
    name: str
    explanation: str

    def __str__(self) -> str:
        return f"contract broken: {self.name}\n{self.explanation}"


@dataclass(frozen=True)
class ContractsReport:
    kept: int
    broken: tuple[BrokenContract, ...]


def check_contracts(configuration: Path) -> ContractsReport:
    """Judge the package that the configuration names; it must be importable."""
    for name, contract_type in CONTRACT_TYPES.items():
        registry.register(contract_type, name)
    configure()
    options = use_cases.read_user_options(str(configuration))
    report = use_cases.create_report(options, cache_dir=None)
    broken = [
        BrokenContract(name, name, str(error))
        for name, error in report.invalid_contract_options.items()
    ]
    for contract, check in report.get_contracts_and_checks():
        if not check.kept:
            with output.console.capture() as capture:
                contract.render_broken_contract(check)
            identifier = str(contract.contract_options["id"])
            broken.append(BrokenContract(identifier, contract.name, capture.get().strip()))
    return ContractsReport(report.kept_count, tuple(broken))
