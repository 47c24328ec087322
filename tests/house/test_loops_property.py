"""Over any import graph, the loops contract is kept exactly when there is no way back."""

from grimp import ImportGraph
from hypothesis import given
from hypothesis import strategies as st

from scripts.house_rules.contracts.loops import LoopsContract

MODULES = ["vectal", *(f"vectal.{name}" for name in "abcde")]
modules = st.sampled_from(MODULES)


@given(st.sets(st.tuples(modules, modules).filter(lambda edge: edge[0] != edge[1]), max_size=12))
def test_the_contract_is_broken_exactly_when_a_module_reaches_itself(
    edges: set[tuple[str, str]],
) -> None:
    graph = ImportGraph()
    for module in MODULES:
        graph.add_module(module)
    for importer, imported in edges:
        graph.add_import(importer=importer, imported=imported)
    contract = LoopsContract("loops", {"root_packages": ["vectal"]}, {})

    refused = {(edge.importer, edge.imported) for edge, _ in contract.find_refused(graph)}

    assert bool(refused) == _some_module_reaches_itself(edges)
    assert refused <= edges
    assert not _some_module_reaches_itself(edges - refused)


def _some_module_reaches_itself(edges: set[tuple[str, str]]) -> bool:
    """Warshall's closure, for an answer that owes nothing to the contract's own search."""
    reach = set(edges)
    for middle in MODULES:
        before = {start for start, end in reach if end == middle}
        after = {end for start, end in reach if start == middle}
        reach |= {(start, end) for start in before for end in after}
    return any(start == end for start, end in reach)
