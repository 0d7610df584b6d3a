"""The graph algorithms compared with naive definitions, on small random graphs and very long chains."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from maestrod.core.plan.graph import critical_path, cycles, longest_chains, reachable, waves

NODES = [f"n{number}" for number in range(7)]


@st.composite
def graphs(draw: st.DrawFn, *, acyclic: bool) -> dict[str, tuple[str, ...]]:
    """Nodes in any order; with ``acyclic`` each waits only for nodes of a hidden order before it."""
    nodes = draw(st.permutations(NODES[: draw(st.integers(1, len(NODES)))]))
    hidden = draw(st.permutations(nodes))
    graph = {}
    for node in nodes:
        choices = hidden[: hidden.index(node)] if acyclic else nodes
        graph[node] = tuple(draw(st.lists(st.sampled_from(choices), max_size=4)) if choices else ())
    return graph


def reach(graph: dict[str, tuple[str, ...]], start: str) -> set[str]:
    """What ``start`` waits for, directly or not, by the definition."""
    found: set[str] = set()
    front = set(graph[start])
    while front:
        found |= front
        front = {need for node in front for need in graph[node]} - found
    return found


@given(graphs(acyclic=True))
def test_waves_contain_every_node_once_as_early_as_its_dependencies_allow(graph: dict[str, tuple[str, ...]]) -> None:
    found = waves(graph)
    place = {node: number for number, wave in enumerate(found) for node in wave}
    assert sorted(place) == sorted(graph) and sum(map(len, found)) == len(graph)
    for node, needs in graph.items():
        assert place[node] == max((place[need] + 1 for need in needs), default=0)


@given(graphs(acyclic=True))
def test_an_acyclic_graph_has_no_cycle(graph: dict[str, tuple[str, ...]]) -> None:
    assert cycles(graph) == []


@given(graphs(acyclic=False))
def test_every_cycle_is_found_and_every_named_cycle_is_real(graph: dict[str, tuple[str, ...]]) -> None:
    found = cycles(graph)
    for cycle in found:
        assert len(set(cycle)) == len(cycle)
        for step, node in enumerate(cycle):
            assert cycle[(step + 1) % len(cycle)] in graph[node]
    knots = {frozenset(other for other in graph if other in reach(graph, node) and node in reach(graph, other))
             for node in graph if node in reach(graph, node)}  # fmt: skip
    assert len(found) == len(knots)
    assert {next(knot for knot in knots if cycle[0] in knot) for cycle in found} == knots


@given(graphs(acyclic=False))
def test_waves_leave_out_exactly_what_depends_on_a_cycle(graph: dict[str, tuple[str, ...]]) -> None:
    looping = {node for node in graph if node in reach(graph, node)}
    hanging = {node for node in graph if looping & ({node} | reach(graph, node))}
    assert {node for wave in waves(graph) for node in wave} == set(graph) - hanging


def heaviest(graph: dict[str, tuple[str, ...]], weight: dict[str, int], node: str) -> int:
    """The heaviest chain from ``node``, by trying all of them."""
    after = [other for other, needs in graph.items() if node in needs]
    return weight[node] + max((heaviest(graph, weight, other) for other in after), default=0)


@given(graphs(acyclic=True), st.data())
def test_ranks_and_critical_path_equal_brute_force(graph: dict[str, tuple[str, ...]], data: st.DataObject) -> None:
    weight = {node: data.draw(st.integers(0, 5)) for node in graph}
    ranks = longest_chains(graph, weight)
    assert ranks == {node: heaviest(graph, weight, node) for node in graph}
    path = critical_path(graph, weight)
    assert sum(weight[node] for node in path) == max(ranks.values())
    assert all(before in graph[node] for before, node in itertools.pairwise(path))


@given(graphs(acyclic=True))
def test_reachability_matches_its_definition(graph: dict[str, tuple[str, ...]]) -> None:
    names = list(graph)
    for node, bits in reachable(graph).items():
        assert {name for number, name in enumerate(names) if bits >> number & 1} == reach(graph, node)


def test_a_missing_node_is_ignored() -> None:
    graph = {"a": ("ghost",), "b": ("a",)}
    assert waves(graph) == (("a",), ("b",))
    assert cycles({"a": ("ghost", "a")}) == [("a",)]
    assert cycles({}) == [] and waves({}) == () and critical_path({}, {}) == ()


def test_a_chain_of_5000_needs_no_recursion() -> None:
    graph = {f"g{number}": (f"g{number - 1}",) if number else () for number in range(5000)}
    assert len(waves(graph)) == 5000
    assert cycles(graph) == []
    assert longest_chains(graph, dict.fromkeys(graph, 1))["g0"] == 5000
    graph["g0"] = ("g4999",)
    (cycle,) = cycles(graph)
    assert len(cycle) == 5000 and cycle[:2] == ("g0", "g4999")
