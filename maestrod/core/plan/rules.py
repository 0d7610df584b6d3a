"""The rules for a well-formed plan: unique keys, existing references, no cycles, known names.

The rules are functions over one ``Subject``. Each adds its findings and is independent of the others.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from maestrod.api.model.patterns import is_line
from maestrod.api.plan import PlanGroup, PlanSubtask
from maestrod.core.plan import arguments
from maestrod.core.plan.findings import Findings, hint, shown
from maestrod.core.plan.graph import cycles, reachable
from maestrod.core.plan.paths import overlap, path_problem

#: A plan with more groups is allowed, but probably a mistake of the planner (our choice).
MANY_GROUPS = 1000
#: Maximum number of overlap warnings, because there may be one per pair of groups.
OVERLAPS = 20
#: Maximum number of pattern pairs compared, so that a plan with thousands of globs is checked in well under a second.
COMPARISONS = 50_000


class Names(Protocol):
    """The names that a plan may refer to (``lint.KnownNames``)."""

    @property
    def agents(self) -> frozenset[str]: ...
    @property
    def personas(self) -> frozenset[str]: ...
    @property
    def skills(self) -> frozenset[str]: ...
    @property
    def default_agent(self) -> str | None: ...
    @property
    def command_agents(self) -> frozenset[str]: ...


class Subject(msgspec.Struct, frozen=True):
    """What the rules check: groups by their place in the plan, the known names, and the keys that the plan declares."""

    groups: Mapping[int, PlanGroup]
    known: Names
    group_keys: set[str]
    subtask_keys: set[str]

    def subtasks(self) -> Iterable[tuple[str, PlanGroup, PlanSubtask]]:
        """Every subtask with its path and its group."""
        for place, group in self.groups.items():
            for number, subtask in enumerate(group.subtasks):
                yield f"groups[{place}].subtasks[{number}]", group, subtask


def group_dependencies(groups: Sequence[PlanGroup]) -> dict[str, tuple[str, ...]]:
    """The groups that each group waits for: those it names, then those that its subtasks' dependencies imply."""
    home = {subtask.key: group.key for group in groups for subtask in group.subtasks}
    graph: dict[str, tuple[str, ...]] = {}
    for group in groups:
        needs = dict.fromkeys(group.depends_on)
        for subtask in group.subtasks:
            for key in subtask.depends_on:
                if home.get(key, group.key) != group.key:
                    needs[home[key]] = None
        graph[group.key] = tuple(needs)
    return graph


def check_groups(
    groups: Mapping[int, PlanGroup], known: Names, keys: tuple[set[str], set[str]], findings: Findings
) -> bool:
    """Apply every rule. Returns whether the graph of groups is valid: unique keys and no cycle."""
    subject = Subject(groups, known, *keys)
    for rule in _RULES:
        rule(subject, findings)
    before = findings.errors
    _unique_keys(subject, findings)
    if findings.errors == before:
        _subtask_cycles(subject, findings)
        _group_cycles(subject, findings)
    if findings.errors > before:
        return False
    _overlaps(subject, findings)
    return True


def _sizes(subject: Subject, findings: Findings) -> None:
    if not subject.groups and not findings.errors:
        findings.error("groups", "no_groups", "A plan needs at least one group")
    if len(subject.groups) > MANY_GROUPS:
        findings.warning(
            "groups", "many_groups", f"{len(subject.groups)} groups start as many sessions; is that intended?"
        )
    for place, group in subject.groups.items():
        if not group.subtasks:
            findings.error(f"groups[{place}].subtasks", "empty_group", f"Group `{group.key}` has no subtasks")


def _group_references(subject: Subject, findings: Findings) -> None:
    for place, group in subject.groups.items():
        path = f"groups[{place}].dependsOn"
        _references(group.depends_on, subject.group_keys, path, "group", findings)


def _subtask_references(subject: Subject, findings: Findings) -> None:
    for path, _, subtask in subject.subtasks():
        _references(subtask.depends_on, subject.subtask_keys, f"{path}.dependsOn", "subtask", findings)


def _references(names: tuple[str, ...], declared: set[str], path: str, kind: str, findings: Findings) -> None:
    for number, name in enumerate(names):
        if name not in declared:
            message = f"There is no {kind} `{shown(name)}` in this plan{hint(name, declared)}"
            findings.error(f"{path}[{number}]", f"unknown_{kind}", message)
        elif name in names[:number]:
            findings.warning(f"{path}[{number}]", "repeated_dependency", f"`{shown(name)}` is listed twice")


def _known_names(subject: Subject, findings: Findings) -> None:
    known = subject.known
    for place, group in subject.groups.items():
        path = f"groups[{place}]"
        if group.agent is not None:
            _known(group.agent, known.agents, f"{path}.agent", "agent", findings)
        if group.persona is not None:
            _known(group.persona, known.personas, f"{path}.persona", "persona", findings)
        for number, skill in enumerate(group.skills):
            _known(skill, known.skills, f"{path}.skills[{number}]", "skill", findings)


def _known(name: str, allowed: frozenset[str], path: str, kind: str, findings: Findings) -> None:
    if name not in allowed:
        listed = f"known are {', '.join(sorted(allowed)[:20])}" if allowed else f"no {kind} is known"
        findings.error(path, f"unknown_{kind}", f"There is no {kind} `{shown(name)}`; {listed}{hint(name, allowed)}")


def _commands(subject: Subject, findings: Findings) -> None:
    for path, group, subtask in subject.subtasks():
        agent = group.agent or subject.known.default_agent
        if agent in subject.known.command_agents and not subtask.commands and not subtask.checks:
            message = f"The {agent} agent has nothing to run for `{subtask.key}`: add commands"
            findings.error(f"{path}.commands", "nothing_to_run", message)


def _texts(subject: Subject, findings: Findings) -> None:
    """Check that titles are valid names, and commands and prompts are valid arguments."""
    for place, group in subject.groups.items():
        _title(group.title, f"groups[{place}].title", findings)
    for path, _, subtask in subject.subtasks():
        _title(subtask.title, f"{path}.title", findings)
        for member, texts in (("commands", subtask.commands), ("checks", subtask.checks)):
            for number, text in enumerate(texts):
                if problem := arguments.command_problem(text):
                    findings.error(f"{path}.{member}[{number}]", "no_argument", f"This {member[:-1]} {problem}")
        for member, text in (("prompt", subtask.prompt), ("description", subtask.description)):
            if "\0" in text:
                findings.error(f"{path}.{member}", "no_argument", f"This {member} {arguments.problem(chr(0))}")


def _title(title: str, path: str, findings: Findings) -> None:
    if not is_line(title):
        findings.error(path, "title", "A title must be one line, not blank and without control characters")


def _paths(subject: Subject, findings: Findings) -> None:
    for path, _, subtask in subject.subtasks():
        for number, pattern in enumerate(subtask.paths):
            if problem := path_problem(pattern):
                findings.error(f"{path}.paths[{number}]", *problem)


#: The rules that check one element at a time.
_RULES: tuple[Callable[[Subject, Findings], None], ...] = (
    _sizes,
    _group_references,
    _subtask_references,
    _known_names,
    _commands,
    _texts,
    _paths,
)


def _unique_keys(subject: Subject, findings: Findings) -> None:
    groups: dict[str, int] = {}
    for place, group in subject.groups.items():
        if (first := groups.setdefault(group.key, place)) != place:
            findings.error(
                f"groups[{place}].key", "duplicate_key", f"`{group.key}` is already the key of groups[{first}]"
            )
    homes: dict[str, tuple[str, PlanGroup]] = {}
    for path, group, subtask in subject.subtasks():
        there, home = homes.setdefault(subtask.key, (path, group))
        if there == path:
            continue
        if home is group:
            findings.error(f"{path}.key", "duplicate_key", f"`{subtask.key}` is already the key of {there}")
        else:
            message = (
                f"Subtask `{subtask.key}` is also in group `{home.key}` ({there}); keys are unique in the whole plan"
            )
            findings.error(f"{path}.key", "subtask_in_two_groups", message)


def _subtask_cycles(subject: Subject, findings: Findings) -> None:
    """Find cycles among subtasks, within a group or across groups."""
    graph = {subtask.key: subtask.depends_on for _, _, subtask in subject.subtasks()}
    knots = cycles(graph)
    if not knots:
        return
    paths = {subtask.key: (path, subtask) for path, _, subtask in subject.subtasks()}
    for cycle in knots:
        path, first = paths[cycle[0]]
        number = first.depends_on.index(cycle[1 % len(cycle)])
        message = f"Subtasks wait for each other: {_chain(cycle)}"
        findings.error(f"{path}.dependsOn[{number}]", "subtask_cycle", message)


def _group_cycles(subject: Subject, findings: Findings) -> None:
    """Find cycles among groups, over named dependencies and those implied by subtasks."""
    knots = cycles(group_dependencies(tuple(subject.groups.values())))
    if not knots:
        return
    edges = _edges(subject)
    for cycle in knots:
        steps = [edges[node, cycle[(step + 1) % len(cycle)]] for step, node in enumerate(cycle)]
        implied = "; ".join([why for _, why in steps if why][:10])
        tail = f" ({implied}: a session runs a whole group)" if implied else ""
        findings.error(steps[0][0], "group_cycle", f"Groups wait for each other: {_chain(cycle)}{tail}")


def _edges(subject: Subject) -> dict[tuple[str, str], tuple[str, str]]:
    """For each edge between groups, the path of the dependency behind it, and the explanation of an implied edge."""
    edges: dict[tuple[str, str], tuple[str, str]] = {}
    for place, group in subject.groups.items():
        for number, need in enumerate(group.depends_on):
            edges.setdefault((group.key, need), (f"groups[{place}].dependsOn[{number}]", ""))
    home = {subtask.key: group.key for _, group, subtask in subject.subtasks()}
    for path, group, subtask in subject.subtasks():
        for number, key in enumerate(subtask.depends_on):
            need = home.get(key, group.key)
            why = f"`{group.key}` waits for `{need}` because its subtask `{subtask.key}` waits for `{key}`"
            edges.setdefault((group.key, need), (f"{path}.dependsOn[{number}]", why))
    return edges


def _chain(cycle: tuple[str, ...]) -> str:
    """``a → b → a``, with the middle of a long cycle left out."""
    names = [*cycle, cycle[0]]
    if len(names) > 12:
        names = [*names[:6], f"… {len(names) - 11} more …", *names[-5:]]
    return " → ".join(names)


def _overlaps(subject: Subject, findings: Findings) -> None:
    """Warn about groups that may run at the same time and may change the same files."""
    owners = [
        (place, sorted({path for subtask in group.subtasks for path in subtask.paths}))
        for place, group in subject.groups.items()
    ]
    owners = [(place, paths) for place, paths in owners if paths]
    if len(owners) < 2:
        return
    ordered = _order(subject)
    budget, shown_pairs = COMPARISONS, 0
    for index, (place, paths) in enumerate(owners):
        for other, other_paths in owners[index + 1 :]:
            if budget <= 0 or shown_pairs >= OVERLAPS:
                return
            if ordered(place, other):
                continue
            budget -= len(paths) * len(other_paths)
            pair = next(((a, b) for a in paths for b in other_paths if overlap(a, b)), None)
            if pair:
                shown_pairs += 1
                _warn_overlap(subject, place, other, pair, findings)


def _order(subject: Subject) -> Callable[[int, int], bool]:
    """A function that says whether one of two groups, given by their places, waits for the other."""
    graph = group_dependencies(tuple(subject.groups.values()))
    reach = reachable(graph)
    bit = {key: number for number, key in enumerate(graph)}

    def ordered(one: int, other: int) -> bool:
        a, b = subject.groups[one].key, subject.groups[other].key
        return bool(reach[a] >> bit[b] & 1 or reach[b] >> bit[a] & 1)

    return ordered


def _warn_overlap(subject: Subject, place: int, other: int, pair: tuple[str, str], findings: Findings) -> None:
    one, two = subject.groups[place].key, subject.groups[other].key
    same = f"`{pair[0]}`" if pair[0] == pair[1] else f"`{pair[0]}` and `{pair[1]}`"
    message = (
        f"Groups `{one}` and `{two}` may run at the same time, and both may change {same}; make one depend on the other"
    )
    findings.warning(f"groups[{other}]", "paths_overlap", message)
