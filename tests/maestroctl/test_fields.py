"""The parameters of every row have a form on the command line."""

import pytest

from maestroctl.fields import Kind, fields_of
from maestrod.api.registry import METHODS


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_parameter_has_a_form_and_a_meaning(method: str) -> None:
    row = METHODS[method]
    fields = {field.name: field for field in fields_of(row)}
    assert set(row.positional) <= set(fields)
    assert not {"request_id", "session_token"} & set(fields)
    for field in fields.values():
        assert field.help, field.name
        assert (field.choices is not None) is (field.kind is Kind.CHOICE)
        assert field.option == "--" + field.name.replace("_", "-")


@pytest.mark.parametrize(
    "method, name, kind",
    [
        ("task.create", "priority", Kind.CHOICE),
        ("task.create", "dependencies", Kind.LIST),
        ("task.create", "commands", Kind.WORDS),
        ("task.create", "title", Kind.TEXT),
        ("task.progress", "progress", Kind.NUMBER),
        ("run.start", "approve", Kind.FLAG),
        ("run.start", "max_sessions", Kind.INTEGER),
        ("run.start", "plan", Kind.JSON),
        ("project.update", "settings", Kind.JSON),
        ("event.report", "payload", Kind.JSON),
        ("system.hello", "protocols", Kind.JSON),
    ],
)
def test_the_form_follows_the_type(method: str, name: str, kind: Kind) -> None:
    [field] = [field for field in fields_of(METHODS[method]) if field.name == name]
    assert field.kind is kind


def test_what_is_needed_is_known() -> None:
    needed = {field.name for field in fields_of(METHODS["project.create"]) if field.required}
    assert needed == {"name", "working_dir"}
