"""Adds maestrod's hooks to a settings document beside the existing ones, finds them, and removes them without a trace.

There are two formats. Claude Code, Codex and Gemini CLI use ``hooks.<Event>[] = {matcher?, hooks: [handler]}``; a handler is ours if its
command runs one of our programs with ``MARK``. OpenCode uses ``plugin[]``, whose elements name programs; ours is recognised by its path
(``PLUGIN``). Pure: text in, text out.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from maestroctl.install.jsonc import Value, insert, parse, remove, unit_of

#: Only commands written by ``maestroctl hooks install`` have this argument, by which the program also knows how it was started.
MARK = "--installed"
_OURS = re.compile(rf"\b(?:event|decide)\.(?:py|sh)\b.* {MARK}\b", re.DOTALL)

#: The end of our plugin's path, wherever maestrod is installed.
PLUGIN = "/hooks/opencode/terminal.js"

#: Groups of handlers by event.
Hooks = Mapping[str, Sequence[Any]]


class Unsuitable(ValueError):
    """The document is well-formed but has something else where hooks belong."""


def add_hooks(text: str, addition: Hooks | str, *, comments: bool) -> str:
    """The text with our hooks, or with our plugin at its path. Ours must not be in it yet. Raises ``jsonc.Invalid`` or ``Unsuitable``."""
    root = _root(text, comments)
    unit = unit_of(text, root)
    if isinstance(addition, str):
        return _put_plugin(text, root, addition, unit)
    if root.member("hooks") is None:
        return insert(text, root, f'"hooks": {_written(addition, unit)}', unit)
    for event, groups in addition.items():
        for group in groups:
            text = _put_group(text, event, group, unit, comments)
    return text


def remove_hooks(text: str, *, comments: bool) -> str:
    """The text without our hooks, and without containers that this would leave empty. Raises as ``add_hooks`` does."""
    while (found := _our_next_handler(root := _root(text, comments))) is not None:
        hooks, event, group, number = found
        handlers = group.member("hooks")
        if handlers is not None and len(handlers.elements) > 1:
            text = remove(text, handlers, number)
        elif len(event.elements) > 1 or _stood_empty(event, group.begin):
            text = remove(text, event, event.elements.index(group))
        elif len(hooks.elements) > 1 or _stood_empty(hooks, event.begin):
            text = remove(text, hooks, hooks.elements.index(event))
        else:
            text = remove(text, root, root.elements.index(hooks))
    return _take_plugin(text, comments)


def installed(text: str, *, comments: bool) -> dict[str, list[str]]:
    """Our commands in a document, by event. Raises as ``add_hooks`` does."""
    root = _root(text, comments)
    hooks = root.member("hooks")
    found: dict[str, list[str]] = {}
    for event in hooks.elements if hooks is not None else ():
        for group in event.elements:
            for handler in _handlers(group):
                if _is_ours(handler.data):
                    found.setdefault(event.name or "", []).append(handler.data["command"])
    ours = [each.data for each in _plugins(root) if _is_our_plugin(each.data)]
    return {**found, "plugin": ours} if ours else found


def _root(text: str, comments: bool) -> Value:
    root = parse(text, comments=comments)
    if not isinstance(root.data, dict):
        raise Unsuitable("the document is not an object")
    named = [member for member in root.elements if member.name == "hooks"]
    if len(named) > 1:
        raise Unsuitable('the document has "hooks" twice')
    if named and not isinstance(named[0].data, dict):
        raise Unsuitable('"hooks" is not an object')
    return root


def _put_plugin(text: str, root: Value, place: str, unit: str) -> str:
    plugins = root.member("plugin")
    if plugins is None:
        return insert(text, root, f'"plugin": {_written([place], unit)}', unit)
    if not isinstance(plugins.data, list):
        raise Unsuitable('"plugin" is not a list')
    return insert(text, plugins, json.dumps(place, ensure_ascii=False), unit)


def _take_plugin(text: str, comments: bool) -> str:
    while True:
        root = _root(text, comments)
        plugins = root.member("plugin")
        ours = next((each for each in _plugins(root) if _is_our_plugin(each.data)), None)
        if ours is None or plugins is None:
            return text
        if len(plugins.elements) > 1 or _stood_empty(plugins, ours.begin):
            text = remove(text, plugins, plugins.elements.index(ours))
        else:
            text = remove(text, root, root.elements.index(plugins))


def _plugins(root: Value) -> Sequence[Value]:
    plugins = root.member("plugin")
    return plugins.elements if plugins is not None and isinstance(plugins.data, list) else ()


def _is_our_plugin(place: Any) -> bool:
    return isinstance(place, str) and place.endswith(PLUGIN)


def _put_group(text: str, event: str, group: Any, unit: str, comments: bool) -> str:
    hooks = _root(text, comments).member("hooks")
    if hooks is None:
        raise Unsuitable('"hooks" is gone')
    groups = hooks.member(event)
    if groups is None:
        return insert(text, hooks, f"{json.dumps(event)}: {_written([group], unit)}", unit)
    if not isinstance(groups.data, list):
        raise Unsuitable(f'"hooks.{event}" is not a list')
    return insert(text, groups, _written(group, unit), unit)


def _our_next_handler(root: Value) -> tuple[Value, Value, Value, int] | None:
    """Our next handler: the value of ``hooks``, that of its event, its group, and its index in the group."""
    hooks = root.member("hooks")
    for event in hooks.elements if hooks is not None else ():
        for group in event.elements if isinstance(event.data, list) else ():
            for number, handler in enumerate(_handlers(group)):
                if _is_ours(handler.data) and hooks is not None:
                    return hooks, event, group, number
    return None


def _handlers(group: Value) -> Sequence[Value]:
    handlers = group.member("hooks") if isinstance(group.data, dict) else None
    return handlers.elements if handlers is not None and isinstance(handlers.data, list) else ()


def _is_ours(handler: Any) -> bool:
    command = handler.get("command") if isinstance(handler, dict) else None
    return isinstance(command, str) and _OURS.search(command) is not None


def _stood_empty(container: Value, begin: int) -> bool:
    """Whether the container existed, empty, before its only element was added. A container that we created begins with a line end."""
    return begin == container.start + 1


def _written(value: Any, unit: str) -> str:
    return json.dumps(value, indent=unit, ensure_ascii=False)
