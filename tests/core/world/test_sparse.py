"""Files leave out defaults at every level, and reading them gives the same entities."""

from enum import EnumType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.event import Event
from maestrod.api.model.base import Entity
from maestrod.api.project import ProjectSettings
from maestrod.api.reason import Reason, Source
from maestrod.api.task import Attempt, Task, TaskStatus
from maestrod.core.world.entities import KINDS
from maestrod.core.world.sparse import sparse
from tests.kit.completeness import lacking

_REASON = Reason(source=Source.USER, code="c", at=1)


def written(entity: msgspec.Struct) -> Any:
    return msgspec.json.decode(msgspec.json.encode(sparse(entity)))


def test_defaults_are_left_out_at_every_level() -> None:
    attempt = Attempt(attempt=1, status=TaskStatus.FAILED)
    task = Task(id="t", project_id="p", title="T", status_reason=_REASON, attempts=(attempt,))
    assert written(task) == {
        "id": "t",
        "projectId": "p",
        "title": "T",
        "statusReason": {"source": "user", "code": "c", "at": 1},
        "attempts": [{"attempt": 1, "status": "failed"}],
    }


def test_an_entity_with_one_member_and_data_of_any_shape_are_kept() -> None:
    class One(Entity, frozen=True):
        only: str

    assert written(One(only="x")) == {"only": "x"}
    event = Event(seq=1, at=2, type="task.updated", id="t", data={"parentId": None, "dependencies": []})
    assert written(event)["data"] == {"parentId": None, "dependencies": []}


@pytest.mark.parametrize("struct", KINDS.values())
def test_an_entity_kind_has_the_same_name_as_on_the_wire(struct: type[Entity]) -> None:
    fields = [field for field in msgspec.structs.fields(struct) if field.required]
    required = {field.name: [*field.type][-1] if isinstance(field.type, EnumType) else "x" for field in fields}
    names = {field.encode_name for field in fields}
    assert set(written(struct(**required))) == names


_TEXT = st.text(max_size=5)
_REASONS = st.none() | st.builds(
    Reason, source=st.sampled_from(Source), code=_TEXT, detail=_TEXT, at=st.integers(0, 9), by=st.none() | _TEXT
)
_ATTEMPTS = st.lists(
    st.builds(Attempt, attempt=st.integers(1, 3), status=st.sampled_from(TaskStatus), error=st.none() | _TEXT)
)
_TASKS = st.builds(
    Task,
    id=_TEXT,
    project_id=_TEXT,
    title=_TEXT,
    parent_id=st.none() | _TEXT,
    description=_TEXT,
    status=st.sampled_from(TaskStatus),
    status_reason=_REASONS,
    progress=st.floats(0, 1),
    attempts=_ATTEMPTS.map(tuple),
    dependencies=st.lists(_TEXT, max_size=2).map(tuple),
)


@given(_TASKS)
def test_a_sparse_encoding_decodes_to_the_same_entity(task: Task) -> None:
    short, full = msgspec.json.encode(sparse(task)), msgspec.json.encode(task)
    assert msgspec.json.decode(short, type=Task) == msgspec.json.decode(full, type=Task) == task
    assert lacking(msgspec.json.decode(full), Task) == []
    assert len(short) <= len(full)


def test_an_entity_equal_to_its_default_is_left_out() -> None:
    assert written(ProjectSettings()) == {}
