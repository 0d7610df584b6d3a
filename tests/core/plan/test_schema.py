"""The schema that agents' plans must follow."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from maestrod.core.plan.lint import KnownNames, lint
from maestrod.core.plan.schema import plan_schema


def objects(schema: Any) -> list[dict[str, Any]]:
    found = []
    if isinstance(schema, dict):
        if "properties" in schema:
            found.append(schema)
        for value in schema.values():
            found += objects(value)
    elif isinstance(schema, list):
        for value in schema:
            found += objects(value)
    return found


def test_the_schema_is_one_document_without_references() -> None:
    assert "$ref" not in str(plan_schema()) and "$defs" not in str(plan_schema(strict=True))


def test_strict_means_exactly_the_declared_members() -> None:
    found = objects(plan_schema(strict=True))
    assert len(found) == 3
    for schema in found:
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])


def test_only_what_a_plan_needs_is_required() -> None:
    document, group, subtask = objects(plan_schema())
    assert (document["required"], group["required"], subtask["required"]) == (
        ["groups"],
        ["key", "title", "subtasks"],
        ["key", "title"],
    )


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Documents that fit a schema of ours."""
    if "anyOf" in schema:
        return st.one_of([values(choice) for choice in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type")
    if kind == "object":
        needed = {name: values(body) for name, body in schema["properties"].items() if name in schema["required"]}
        more = {name: values(body) for name, body in schema["properties"].items() if name not in schema["required"]}
        return st.fixed_dictionaries(needed, optional=more)
    if kind == "array":
        return st.lists(values(schema["items"]), max_size=2)
    return {"integer": st.integers(0, 9), "null": st.none(), "string": st.sampled_from(["a", "b", "c"])}[str(kind)]


@given(values(plan_schema()))
def test_values_that_fit_the_schema_have_no_unknown_or_missing_members(document: Any) -> None:
    report = lint(document, KnownNames())
    assert not {"unknown_member", "missing"} & {found.code for found in report.diagnostics}
