"""The linter, and what is derived from a valid plan.

A planner is a model or a person, so a plan may be any JSON. ``lint`` never raises: it returns errors as diagnostics
with a path, so that the planner can correct them. A session runs a whole group. So a subtask that waits for
a subtask of another group makes its group wait for that group. ``group_dependencies`` has both kinds of edges, and waves,
critical path and ranks use both.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from maestrod.api.model.base import TEXT_LIMIT, TITLE_LIMIT
from maestrod.api.model.patterns import as_line
from maestrod.api.plan import PlanGroup, PlanReport, TaskToSessionMapping
from maestrod.core.plan.decode import declared, decode
from maestrod.core.plan.findings import Findings
from maestrod.core.plan.graph import critical_path, longest_chains, waves
from maestrod.core.plan.rules import check_groups, group_dependencies


class KnownNames(msgspec.Struct, frozen=True):
    """The names that a plan may refer to. ``default_agent`` runs the groups that name no agent; without it, these are not
    checked.

    ``command_agents`` run only commands, so their subtasks need some.
    """

    agents: frozenset[str] = frozenset()
    personas: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    default_agent: str | None = None
    command_agents: frozenset[str] = frozenset({"shell"})


def lint(raw: Any, known: KnownNames) -> PlanReport:
    """Check a plan document, given as decoded JSON of any shape. Never raises."""
    findings = Findings()
    groups = decode(raw, findings)
    well_formed = not findings.errors
    acyclic = check_groups(groups, known, declared(raw), findings)
    document = tuple(groups.values())
    report = PlanReport(
        ok=not findings.errors,
        diagnostics=findings.diagnostics(),
        groups=document,
        title=as_line(_text(raw, "title", TITLE_LIMIT), ""),
        summary=_text(raw, "summary", TEXT_LIMIT),
    )
    if not (well_formed and acyclic):
        return report
    graph = group_dependencies(document)
    in_waves = waves(graph)
    return msgspec.structs.replace(
        report,
        waves=in_waves,
        critical_path=critical_path(graph, _weights(document)),
        widest_wave=max(map(len, in_waves), default=0),
    )


def ranks(groups: Sequence[PlanGroup]) -> dict[str, int]:
    """The length, in subtasks, of the longest chain that begins with each group. The scheduler starts the longest first."""
    return longest_chains(group_dependencies(groups), _weights(groups))


def _text(raw: Any, member: str, limit: int) -> str:
    """A text member of the plan; empty if it is missing or not a text."""
    value = raw.get(member) if isinstance(raw, dict) else None
    return value[:limit] if isinstance(value, str) else ""


def mapping(
    groups: Sequence[PlanGroup], group_ids: Mapping[str, str], subtask_ids: Mapping[str, str]
) -> tuple[TaskToSessionMapping, ...]:
    """The sessions of a plan and their subtasks, in the order of the waves. A key without an id stands for itself."""
    by_key = {group.key: group for group in groups}
    order: list[TaskToSessionMapping] = []
    for number, wave in enumerate(waves(group_dependencies(groups))):
        for key in wave:
            group = by_key[key]
            order.append(
                TaskToSessionMapping(
                    group_id=group_ids.get(key, key),
                    subtask_ids=tuple(subtask_ids.get(subtask.key, subtask.key) for subtask in group.subtasks),
                    session_name=group.title,
                    order=len(order),
                    parallel_group=number if len(wave) > 1 else None,
                )
            )
    return tuple(order)


def _weights(groups: Sequence[PlanGroup]) -> dict[str, int]:
    return {group.key: len(group.subtasks) for group in groups}
