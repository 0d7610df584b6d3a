"""Entity files: readable, self-describing, and invalid content is never believed."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.task import Task
from maestrod.store.entities import BadEntityFile, decode_file, encode_file, is_genuine, unknown_members

TASK = Task(id="tsk_1", project_id="prj_1", title="Write the parser", description='say "seq" and\n  "check": "x"')


TEXT = '{"id": "tsk_1", "projectId": "p",\n "title": "mine", "colour": "red"}\n'


@given(
    st.builds(
        Task,
        id=st.just("tsk_1"),
        project_id=st.text(max_size=9),
        title=st.text(max_size=30),
        description=st.text(max_size=200),
    ),
    st.integers(1, 2**40),
)
def test_a_round_trip_changes_nothing(task: Task, seq: int) -> None:
    data = encode_file(task, seq)
    assert decode_file("task", "tsk_1", data) == (task, seq, False)
    assert json.loads(data)["seq"] == seq


def test_the_file_is_readable_by_people() -> None:
    lines = encode_file(TASK, 7).decode().splitlines()
    assert lines[0] == "{" and lines[-1] == "}"
    assert lines[1] == '  "id": "tsk_1",' and lines[-3] == '  "seq": 7,' and lines[-2].startswith('  "check": "')


@given(st.data())
def test_19_a_flipped_bit_is_an_edit_or_refused_but_never_ours(data: st.DataObject) -> None:
    content = bytearray(encode_file(TASK, 7))
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    assert not is_genuine(bytes(content))
    try:
        assert decode_file("task", "tsk_1", bytes(content)).edited
    except BadEntityFile:
        pass  # refused, with the reason


@pytest.mark.parametrize(
    "content, says",
    [
        (b"", "empty"),
        (bytes(300), "empty"),
        (b'{"id": "tsk_1", "proj', "truncated"),
        (b'{"id": "tsk_1", "projectId": "p", "title": 5}', "title"),
        (b'{"id": "tsk_2", "projectId": "p", "title": "t"}', "named after 'tsk_1'"),
        (b'{"id": "tsk_1", "projectId": "p", "title": "\xff"}', "line 1, byte 45 is 0xff, not UTF-8"),
        (TEXT.encode("utf-16"), "it is UTF-16"),
        (b"[]", "object"),
        (b'{"id": "tsk_1", "projectId": "p", "title": "a", "title": "b"}', "`title` appears twice"),
    ],
)
def test_19_content_that_is_not_the_entity_is_refused_with_a_reason(content: bytes, says: str) -> None:
    with pytest.raises(BadEntityFile, match=f"(?i){says}"):
        decode_file("task", "tsk_1", content)


def test_a_file_written_by_hand_needs_neither_seq_nor_check() -> None:
    found = decode_file("task", "tsk_1", b'{"id": "tsk_1", "projectId": "p", "title": "mine"}')
    assert found.seq == 0 and found.edited and isinstance(found.entity, Task) and found.entity.title == "mine"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_file_saved_on_windows_is_an_edit_and_half_a_surrogate_pair_is_replaced(mark: bytes) -> None:
    data = mark + TEXT.replace("\n", "\r\n").replace("mine", r"mine \ud83d").encode()
    found = decode_file("task", "tsk_1", data)
    assert found.edited and isinstance(found.entity, Task) and found.entity.title == "mine \ufffd"
    assert unknown_members("task", data) == {"colour": "red"}


def test_unknown_members_are_carried_over() -> None:
    data = encode_file(TASK, 7, {"colour": {"deep": [1]}})
    assert unknown_members("task", data) == {"colour": {"deep": [1]}}
    assert decode_file("task", "tsk_1", data) == (TASK, 7, False)
    assert unknown_members("task", encode_file(TASK, 8)) == {}
    assert unknown_members("task", b"{") == unknown_members("task", b"[]") == {}


def test_defaults_are_left_out() -> None:
    assert set(msgspec.json.decode(encode_file(TASK, 7))) == {"id", "projectId", "title", "description", "seq", "check"}
