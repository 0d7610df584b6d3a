"""Errors about values say what would fit: the choices, the nearest name, or the form."""

import re
from typing import Any, Literal

import msgspec
import pytest

from maestrod.api.model.misfit import misfit
from maestrod.api.model.patterns import describe_mismatch
from maestrod.api.project import ProjectUpdate
from maestrod.api.protocol.registry import METHODS
from maestrod.api.task import TaskList
from maestrod.config import Config


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    kind: Literal["a", "b", "c"] | None = None


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    rows: tuple[Inner, ...] = ()
    table: dict[str, Inner] = {}


def said(value: Any, kind: Any) -> tuple[str, str]:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(value, kind)
    return misfit(caught.value, kind)


@pytest.mark.parametrize(
    "value, kind, words, path",
    [
        ({"rows": [{"kind": "x"}]}, Outer, "unknown value 'x': choose a, b or c", "$.rows[0].kind"),
        ({"table": {"x.y": {"kind": "x"}}}, Outer, "unknown value 'x': choose a, b or c", "$.table[...].kind"),
        ({"rows": [{"kid": "x"}]}, Outer, "unknown field `kid`; did you mean `kind`?", "$.rows[0]"),
        ({"nothing": 1}, Outer, "unknown field `nothing`", "$"),
        ({"rows": 1}, Outer, "Expected `array`, got `int`", "$.rows"),
        ("x", Literal["a"], "unknown value 'x': choose a", "$"),
        (
            {"projectId": "p", "settings": {"maxSesions": 3}},
            ProjectUpdate,
            "unknown field `maxSesions`; did you mean `maxSessions`?",
            "$.settings",
        ),
        (
            {"projectId": "p", "settings": {"permissions": {"policy": "maybe"}}},
            ProjectUpdate,
            "unknown value 'maybe': choose ask, allow or deny",
            "$.settings.permissions.policy",
        ),
        ({"ordr": 1}, TaskList, "unknown field `ordr`; did you mean `order`?", "$"),
    ],
)
def test_a_mismatch_says_what_would_fit_and_where(value: Any, kind: Any, words: str, path: str) -> None:
    assert said(value, kind) == (words, path)


def patterns_in(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        own = {schema["pattern"]} if isinstance(schema.get("pattern"), str) else set()
        return own.union(*map(patterns_in, schema.values()))
    return set().union(*map(patterns_in, schema)) if isinstance(schema, list | tuple) else set()


def test_every_pattern_of_the_contract_and_the_settings_has_a_description() -> None:
    kinds = [Config, *(row.params for row in METHODS.values())]
    found = patterns_in(msgspec.json.schema_components(kinds)[1])
    assert len(found) >= 7  # line, NUL, key, variable, origin, host, umask
    assert [each for each in found if describe_mismatch(f"Expected `str` matching regex {each!r}").count("regex")] == []
    assert all(re.compile(each) for each in found)
