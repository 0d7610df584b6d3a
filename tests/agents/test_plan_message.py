"""A plan as an agent's last words."""

import pytest

from maestrod.agents.plan_message import LONGEST, plans_in
from maestrod.core.signs import PlanOffered


@pytest.mark.parametrize(
    "text, document",
    [
        ('{"groups": []}', '{"groups": []}'),
        (' \n{"a": 1}\n', '{"a": 1}'),
        ('Done.\n```json\n{"a": {\n}}\n```\nThat is all.', '{"a": {\n}}'),
        ('```\n{"a": 1}\n```', '{"a": 1}'),
        ("{broken}", "{broken}"),
    ],
)
def test_a_document_alone_or_in_a_block(text: str, document: str) -> None:
    assert plans_in(text) == (PlanOffered(document),)


@pytest.mark.parametrize("text", ["All done.", "", "{", '{"a": 1} and more', "[1]", None, 5, "{" + "x" * LONGEST + "}"])
def test_prose_is_no_plan(text: object) -> None:
    assert plans_in(text) == ()
