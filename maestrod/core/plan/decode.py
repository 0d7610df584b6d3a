"""Decodes any JSON value into groups, and reports every structural error with its path, not just the first.

A plan comes from a model or a person. One ``msgspec.convert`` decodes a well-formed plan. Only if that fails is the plan
checked member by member for findings. Its well-formed groups are decoded all the same, so that the rest of the linter can check
them.
"""

from typing import Any

import msgspec

from maestrod.api.model.misfit import misfit
from maestrod.api.plan import PlanDocument, PlanGroup, PlanSubtask
from maestrod.core.plan.findings import Findings, hint, shown

#: The member that holds a list, and the type of its items.
_CHILDREN: dict[type[msgspec.Struct], tuple[str, type[msgspec.Struct]]] = {
    PlanDocument: ("groups", PlanGroup),
    PlanGroup: ("subtasks", PlanSubtask),
}
_LABEL: dict[type[msgspec.Struct], str] = {PlanDocument: "plan", PlanGroup: "group", PlanSubtask: "subtask"}


def decode(raw: Any, findings: Findings) -> dict[int, PlanGroup]:
    """The well-formed groups, by their place in the plan. All errors are added to ``findings``."""
    try:
        return dict(enumerate(msgspec.convert(raw, PlanDocument).groups))
    except msgspec.ValidationError:
        _check(raw, PlanDocument, "", findings)
    groups = raw.get("groups") if isinstance(raw, dict) else None
    return {
        place: group for place, item in enumerate(groups if isinstance(groups, list) else ()) if (group := _group(item))
    }


def declared(raw: Any) -> tuple[set[str], set[str]]:
    """All group keys and subtask keys of the plan, including those of malformed groups."""
    groups = raw.get("groups") if isinstance(raw, dict) else None
    group_keys: set[str] = set()
    subtask_keys: set[str] = set()
    for group in groups if isinstance(groups, list) else ():
        group_keys |= _key_of(group)
        subtasks = group.get("subtasks") if isinstance(group, dict) else None
        for subtask in subtasks if isinstance(subtasks, list) else ():
            subtask_keys |= _key_of(subtask)
    return group_keys, subtask_keys


def _group(item: Any) -> PlanGroup | None:
    try:
        return msgspec.convert(item, PlanGroup)
    except msgspec.ValidationError:
        return None


def _key_of(item: Any) -> set[str]:
    key = item.get("key") if isinstance(item, dict) else None
    return {key} if isinstance(key, str) else set()


def _check(raw: Any, kind: type[msgspec.Struct], path: str, findings: Findings) -> None:
    """Add the findings of an object and the objects in it (at most three levels)."""
    if not isinstance(raw, dict):
        findings.error(path or "plan", "malformed", f"A {_LABEL[kind]} must be an object, not {_name(raw)}")
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name in raw:
        if name not in fields:
            known = f"known are {', '.join(fields)}{hint(name, fields)}"
            findings.error(_join(path, shown(name)), "unknown_member", f"A {_LABEL[kind]} has no such member; {known}")
    child_name, child = _CHILDREN.get(kind, ("", kind))
    for name, field in fields.items():
        if name not in raw:
            if field.required:
                findings.error(_join(path, name), "missing", f"A {_LABEL[kind]} needs `{name}`")
        elif name == child_name:
            _check_list(raw[name], child, _join(path, name), findings)
        else:
            _check_value(raw[name], field.type, _join(path, name), findings)


def _check_list(raw: Any, kind: type[msgspec.Struct], path: str, findings: Findings) -> None:
    if not isinstance(raw, list):
        findings.error(path, "malformed", f"Expected a list of {_LABEL[kind]}s, not {_name(raw)}")
        return
    for place, item in enumerate(raw):
        _check(item, kind, f"{path}[{place}]", findings)


def _check_value(raw: Any, kind: Any, path: str, findings: Findings) -> None:
    try:
        msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        message, where = misfit(error, kind)
        findings.error(path + where.removeprefix("$"), "malformed", message)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _name(raw: Any) -> str:
    """JSON's name for the type of a value."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(raw), "a number")
