"""The parameters of every row have a form on the command line."""

from collections.abc import Iterator

from maestroctl.generated.fields import ValueKind, fields_of
from maestrod.api.protocol.registry import METHODS, AnyMethod
from tests.kit.offenders import offenders


def test_every_parameter_has_a_form_and_a_meaning() -> None:
    def faults(row: AnyMethod) -> Iterator[str]:
        fields = {field.name: field for field in fields_of(row)}
        if unknown := set(row.positional) - set(fields):
            yield f"positional arguments without a field: {unknown}"
        if shown := {"request_id", "session_token"} & set(fields):
            yield f"parameters that no person types: hide {shown}"
        for field in fields.values():
            if not field.help:
                yield f"{field.name} has no help: add it to the glossary"
            if (field.choices is not None) is not (field.kind is ValueKind.CHOICE):
                yield f"{field.name} is a {field.kind} with the choices {field.choices}"
            if field.option != "--" + field.name.replace("_", "-"):
                yield f"{field.name} is typed as {field.option}"

    assert offenders(METHODS, faults) == {}


FORMS = {
    ("task.create", "priority"): ValueKind.CHOICE,
    ("task.create", "dependencies"): ValueKind.LIST,
    ("task.create", "commands"): ValueKind.WORDS,
    ("task.create", "title"): ValueKind.TEXT,
    ("task.progress", "progress"): ValueKind.NUMBER,
    ("run.start", "approve"): ValueKind.FLAG,
    ("run.start", "max_sessions"): ValueKind.INTEGER,
    ("run.start", "plan"): ValueKind.JSON,
    ("project.update", "settings"): ValueKind.JSON,
    ("event.report", "payload"): ValueKind.JSON,
    ("system.hello", "protocols"): ValueKind.JSON,
}


def test_the_form_follows_the_type() -> None:
    kinds = {(method, field.name): field.kind for method in METHODS for field in fields_of(METHODS[method])}
    assert {place: kinds[place] for place in FORMS} == FORMS


def test_required_fields_are_known() -> None:
    needed = {field.name for field in fields_of(METHODS["project.create"]) if field.required}
    assert needed == {"name", "working_dir"}
