"""The patterns of names and arguments, and the descriptions for values that do not match."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.model.base import Title
from maestrod.api.model.patterns import as_line, describe_mismatch, is_line
from maestrod.api.plan import Key
from maestrod.api.project import ProjectCreate
from maestrod.api.protocol.registry import METHODS
from maestrod.api.run import RunStart
from maestrod.api.session import SessionSpawn
from maestrod.api.task import TaskCreate, TaskUpdate


@pytest.mark.parametrize("text", ["T", " T ", "日本語", "a\u202eb", "naïve 🙂", "-", "👩\u200d💻"])
def test_a_line_with_a_visible_character_is_a_title(text: str) -> None:
    assert is_line(text) and msgspec.convert(text, Title) == text and as_line(text, "") == text.strip()


@pytest.mark.parametrize(
    "text", [" ", "\t", "\u00a0", "\u3000 ", "\u200b", "\u2060\ufeff", "\u00ad", "\u2800", "a\nb", "a\n", "a\rb", "a\0", "\x1b[31mred", "a\x85b", "a\u2028b", "a\x7f"]
)  # fmt: skip
def test_blanks_line_ends_and_control_characters_are_refused(text: str) -> None:
    assert not is_line(text)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, Title)


@given(st.text(max_size=40))
def test_any_text_becomes_a_line(text: str) -> None:
    assert is_line(as_line(text, "untitled"))


def test_every_name_in_a_request_is_one_line() -> None:
    named = [
        (row.name, field.encode_name)
        for row in METHODS.values()
        for field in msgspec.structs.fields(row.params)
        if field.encode_name in {"title", "name", "owner"} and row.name != "skill.get"
    ]
    assert len(named) > 6
    for method, member in named:
        with pytest.raises(msgspec.ValidationError, match=rf"regex.*\$\.{member}|missing required"):
            msgspec.convert({member: "a\nb"}, METHODS[method].params)


@pytest.mark.parametrize(
    "struct, members",
    [
        (TaskCreate, {"title": "T", "initialPrompt": "a\0"}),
        (TaskCreate, {"title": "T", "description": "a\0"}),
        (TaskUpdate, {"taskId": "t", "initialPrompt": "a\0"}),
        (RunStart, {"text": "a\0"}),
        (RunStart, {"planner": ["a\0"]}),
        (RunStart, {"workingDir": "/a\0"}),
        (SessionSpawn, {"program": ["a\0"]}),
        (SessionSpawn, {"workingDir": "/a\0"}),
        (ProjectCreate, {"name": "a", "workingDir": "/a\0"}),
    ],
)
def test_arguments_and_paths_contain_no_nul(struct: type, members: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(members, struct)
    assert describe_mismatch(str(caught.value)).startswith("Expected text without a NUL character - at `$.")


def test_a_key_ends_where_its_line_ends() -> None:
    assert msgspec.convert("a-1/b", Key) == "a-1/b"
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert("a\n", Key)
    assert describe_mismatch(str(caught.value)).startswith("Expected letters, digits")


def test_other_messages_stay_as_they_are() -> None:
    assert describe_mismatch("Expected `int`, got `str`") == "Expected `int`, got `str`"
    assert describe_mismatch("Expected `str` matching regex '^x$'") == "Expected `str` matching regex '^x$'"
