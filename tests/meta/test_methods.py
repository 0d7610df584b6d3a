"""Every method row supports all surfaces made from it: the command, the route, the schema and the example.

Covers ``project.py``: every row and its structs are checked here.
"""

import json
import re
from collections.abc import Iterator

import msgspec

from maestrod.api.model.base import Params
from maestrod.api.model.method import Access
from maestrod.api.protocol.registry import METHODS, AnyMethod
from tests.kit.offenders import offenders


def test_every_row_is_named_described_and_refuses_by_name() -> None:
    def faults(row: AnyMethod) -> Iterator[str]:
        if METHODS[row.name] is not row or not re.fullmatch(r"[a-z]+\.[a-z]+", row.name):
            yield f"it is called {row.name!r}: register it under its own name, `noun.verb`"
        if not row.summary[0].isupper() or row.summary.endswith(".") or "\n" in row.summary:
            yield f"the summary is not one sentence without its full stop: {row.summary!r}"
        if not 2 <= len(row.summary.split()) <= 20:
            yield f"the summary does not have two to twenty words: {row.summary!r}"
        if len(set(row.errors)) != len(row.errors):
            yield f"an error is named twice: {row.errors}"
        if not row.errors and own_fields(row) and row.access is not Access.READ:
            yield "it changes something and takes parameters, so it can be refused: name the errors"

    assert offenders(METHODS, faults) == {}


def test_every_example_is_a_call_and_unknown_members_are_refused() -> None:
    def faults(row: AnyMethod) -> Iterator[str]:
        params = msgspec.to_builtins(msgspec.convert(json.loads(json.dumps(row.example)), row.params))
        if params != row.example and not set(row.example) >= set(params):
            yield f"the example {row.example} is read as {params}"
        if not issubclass(row.params, Params):
            yield f"{row.params.__name__} does not derive from `Params`"
        try:
            msgspec.convert({**row.example, "noSuchMember": 1}, row.params)
        except msgspec.ValidationError as error:
            if "unknown field" not in str(error):
                yield f"an unknown member is refused with other words: {error}"
        else:
            yield f"{row.params.__name__} takes members it does not know: set `forbid_unknown_fields`"

    assert offenders(METHODS, faults) == {}


def test_every_route_and_command_line_takes_its_names_from_the_params() -> None:
    def faults(row: AnyMethod) -> Iterator[str]:
        wire_names = {field.encode_name for field in msgspec.structs.fields(row.params)}
        if unknown := set(re.findall(r"\{(\w+)\}", row.route.path)) - wire_names:
            yield f"the route {row.route.path} names {unknown}, and the parameters are {wire_names}"
        if row.route.verb == "GET" and row.access is not Access.READ:
            yield "GET must change nothing: give the route another verb"
        if unknown := set(row.positional) - set(own_fields(row)):
            yield f"positional arguments that are no parameters of its own: {unknown}"
        for type_ in (row.params, row.result):
            if not msgspec.json.schema(type_):
                yield f"{type_} has no schema"

    assert offenders(METHODS, faults) == {}


def test_every_row_is_bound_and_no_command_has_the_name_of_a_read() -> None:
    from maestrod.rpc.bind import BindingKind, bind

    bindings = bind()
    assert set(bindings) == set(METHODS)
    commands = [name for name, binding in bindings.items() if binding.kind is BindingKind.COMMAND]
    assert [name for name in commands if METHODS[name].access is Access.READ] == []


def own_fields(row: AnyMethod) -> list[str]:
    """The parameters of a method without those that all have."""
    everywhere = {field.name for field in msgspec.structs.fields(Params)}
    return [field.name for field in msgspec.structs.fields(row.params) if field.name not in everywhere]
