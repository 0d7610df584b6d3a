"""Every method row can carry every surface that is made from it."""

import json
import re

import msgspec
import pytest

from maestrod.api.base import Params
from maestrod.api.errors import MaestroError
from maestrod.api.method import Access
from maestrod.api.registry import METHODS, AnyMethod

ROWS = pytest.mark.parametrize("row", METHODS.values(), ids=METHODS)


@ROWS
def test_the_name_is_noun_and_verb(row: AnyMethod) -> None:
    assert METHODS[row.name] is row
    assert re.fullmatch(r"[a-z]+\.[a-z]+", row.name)


@ROWS
def test_the_summary_is_one_sentence_for_people(row: AnyMethod) -> None:
    assert row.summary[0].isupper() and not row.summary.endswith(".") and "\n" not in row.summary
    assert 2 <= len(row.summary.split()) <= 20


@ROWS
def test_the_errors_are_ours_and_named(row: AnyMethod) -> None:
    assert all(issubclass(error, MaestroError) for error in row.errors)
    assert len(set(row.errors)) == len(row.errors)
    takes_nothing = not set(own_fields(row))
    assert row.errors or takes_nothing or row.access is Access.READ, "a change can be refused: say how"


@ROWS
def test_the_example_is_a_call(row: AnyMethod) -> None:
    params = msgspec.convert(json.loads(json.dumps(row.example)), row.params)
    assert msgspec.to_builtins(params) == row.example or set(row.example) >= set(msgspec.to_builtins(params))


@ROWS
def test_the_params_refuse_what_they_do_not_know(row: AnyMethod) -> None:
    assert issubclass(row.params, Params)
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({**row.example, "noSuchMember": 1}, row.params)


@ROWS
def test_the_route_takes_its_names_from_the_params(row: AnyMethod) -> None:
    wire_names = {field.encode_name for field in msgspec.structs.fields(row.params)}
    assert set(re.findall(r"\{(\w+)\}", row.route.path)) <= wire_names
    assert (row.route.verb == "GET") <= (row.access is Access.READ), "GET changes nothing"


@ROWS
def test_the_command_line_takes_its_arguments_from_the_params(row: AnyMethod) -> None:
    assert set(row.positional) <= set(own_fields(row))


@ROWS
def test_params_and_result_have_a_schema(row: AnyMethod) -> None:
    assert msgspec.json.schema(row.params)
    assert msgspec.json.schema(row.result)


def test_every_row_is_bound_and_no_command_is_called_a_read() -> None:
    from maestrod.rpc.bind import Kind, bind

    bindings = bind()
    assert set(bindings) == set(METHODS)
    commands = [name for name, binding in bindings.items() if binding.kind is Kind.COMMAND]
    assert [name for name in commands if METHODS[name].access is Access.READ] == []


def own_fields(row: AnyMethod) -> list[str]:
    """The parameters of a method without those that all have."""
    everywhere = {field.name for field in msgspec.structs.fields(Params)}
    return [field.name for field in msgspec.structs.fields(row.params) if field.name not in everywhere]
