"""One word per idea: a class name belongs to one class, unless both are the same idea seen from two sides."""

import ast
from collections import defaultdict

from tests.meta.tree import PRODUCT, modules, parsed, shown

#: Public class names that two modules define, and why one word is right for both.
SHARED = {
    "Channel": "one connection between a client and the bridge, at each of its ends",
    "Custodian": "what a connection asks of the shim's custodian, and the custodian",
    "EndedProcess": "custody's record and the core's fact of the same process; neither floor knows the other",
    "Stops": "the engine's port, and the supervisor's stops behind it",
    "Store": "the engine's port, and the store behind it",
    "Subscription": "what a client is told of its subscription, and the daemon's end of it",
    "Terminals": "the engine's port, and the supervisor's terminals behind it",
}


def test_a_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in modules(*PRODUCT):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(f"{shown(path)}:{node.lineno}")
    shared = {name: where for name, where in places.items() if len(where) > 1}
    assert {name: where for name, where in shared.items() if name not in SHARED} == {}
    assert set(SHARED) <= set(shared), "nobody needs this line any more"
