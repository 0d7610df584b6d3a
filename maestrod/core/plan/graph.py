"""Dependency graphs: order, waves, cycles, longest chains.

A graph maps each node to the nodes it waits for, in the order of the plan. Every function keeps that order, so
the same plan gives the same result. Nodes that are only named as dependencies are ignored. Nothing recurses, so a chain of
5,000 groups is no problem. The algorithms are Kahn's (order) and Tarjan's (cycles), both linear in nodes and edges.
"""

from collections.abc import Collection, Iterator, Mapping

#: From a node to the nodes it waits for.
Graph = Mapping[str, Collection[str]]


def dependents(graph: Graph) -> dict[str, list[str]]:
    """The reversed graph: from each node to the nodes that wait for it. Nodes without dependents are left out."""
    after: dict[str, list[str]] = {}
    for node, needs in graph.items():
        for need in dict.fromkeys(needs):
            after.setdefault(need, []).append(node)
    return after


def levels(graph: Graph) -> dict[str, int]:
    """The length of the longest chain before each node: 0 for nodes that wait for nothing.

    The result is in topological order. Nodes on a cycle, and nodes that wait for one, are left out.
    """
    after = dependents(graph)
    missing: dict[str, int] = dict.fromkeys(graph, 0)
    for node in graph:
        for waiting in after.get(node, ()):
            missing[waiting] += 1
    level = {node: 0 for node, count in missing.items() if not count}
    ready = list(level)
    for node in ready:  # grows while it is walked
        for waiting in after.get(node, ()):
            missing[waiting] -= 1
            if not missing[waiting]:
                level[waiting] = level[node] + 1
                ready.append(waiting)
    return level


def waves(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """Sets of nodes that may run at the same time, in order. Nodes that depend on a cycle are in none."""
    level = levels(graph)
    found: list[list[str]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for node in graph:
        if node in level:
            found[level[node]].append(node)
    return tuple(tuple(wave) for wave in found)


def longest_chains(graph: Graph, weight: Mapping[str, int]) -> dict[str, int]:
    """The weight of the heaviest chain that begins at each node, including the node's own. The graph must have no cycle."""
    after = dependents(graph)
    rank: dict[str, int] = {}
    for node in reversed(levels(graph)):
        rank[node] = weight[node] + max([rank[waiting] for waiting in after.get(node, ())], default=0)
    return {node: rank.get(node, weight[node]) for node in graph}


def critical_path(graph: Graph, weight: Mapping[str, int]) -> tuple[str, ...]:
    """The heaviest chain, first to last. Of equal chains, the one that comes first in the plan."""
    rank, after = longest_chains(graph, weight), dependents(graph)
    path: list[str] = []
    choices = list(graph)
    while choices:
        node = max(choices, key=rank.__getitem__)
        path.append(node)
        choices = after.get(node, [])
    return tuple(path)


def cycles(graph: Graph) -> list[tuple[str, ...]]:
    """One cycle of each strongly connected component: each node waits for the next, the last for the first."""
    settled = levels(graph)
    rest = {
        node: [need for need in dict.fromkeys(needs) if need in graph and need not in settled]
        for node, needs in graph.items()
        if node not in settled
    }
    knots = (knot for knot in _components(rest) if len(knot) > 1 or knot[0] in rest[knot[0]])
    place = {node: number for number, node in enumerate(graph)}
    found = [_shortest_cycle(rest, min(knot, key=place.__getitem__), set(knot)) for knot in knots]
    return sorted(found, key=lambda cycle: place[cycle[0]])


def reachable(graph: Graph) -> dict[str, int]:
    """For each node, all nodes it waits for, directly or indirectly, as a bit set: bit ``n`` is the graph's ``n``-th node.

    Bit sets are merged a machine word at a time, so a chain of 5,000 takes milliseconds. The graph must have no cycle.
    """
    bit = {node: 1 << number for number, node in enumerate(graph)}
    before: dict[str, int] = {}
    for node in levels(graph):
        reach = 0
        for need in graph[node]:
            if need in before:
                reach |= before[need] | bit[need]
        before[node] = reach
    return before


def _components(graph: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """Tarjan's strongly connected components, with an explicit stack instead of recursion."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for root in graph:
        if root in index:
            continue
        work = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, needs = work[-1]
            for need in needs:
                if need not in index:
                    index[need] = low[need] = len(index)
                    stack.append(need)
                    on_stack.add(need)
                    work.append((need, iter(graph[need])))
                    break
                if need in on_stack:
                    low[node] = min(low[node], index[need])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    cut = stack.index(node)
                    yield stack[cut:]
                    on_stack.difference_update(stack[cut:])
                    del stack[cut:]


def _shortest_cycle(graph: Mapping[str, list[str]], start: str, within: set[str]) -> tuple[str, ...]:
    """The shortest cycle through ``start``, breadth first. ``within`` is its strongly connected component, so there is one."""
    came_from: dict[str, str] = {}
    front = [start]
    for node in front:  # grows while it is walked
        for need in graph[node]:
            if need == start:
                path = [node]
                while path[-1] != start:
                    path.append(came_from[path[-1]])
                return tuple(reversed(path))
            if need in within and need not in came_from:
                came_from[need] = node
                front.append(need)
    raise AssertionError(f"{start} is on no cycle of its component")
