"""Unknown enum values are refused in requests and kept in replies."""

import enum
from collections.abc import Iterator

import msgspec
import pytest

from maestrod.api.model.open_enum import OpenEnum, unknown_allowed
from maestrod.api.protocol.registry import METHODS, AnyMethod
from maestrod.api.task import Task, TaskStatus, TaskUpdate
from tests.kit.offenders import offenders

LATER = b'{"id":"t","projectId":"p","title":"T","status":"sublimated"}'


def test_a_client_accepts_unknown_enum_values_of_a_newer_daemon() -> None:
    with unknown_allowed():
        status = msgspec.json.decode(LATER, type=Task).status
        assert status is msgspec.json.decode(LATER, type=Task).status
    assert status.value == "sublimated" and msgspec.json.encode(status) == b'"sublimated"'
    assert status not in set(TaskStatus) and status not in list(TaskStatus)


def test_everybody_else_refuses_it() -> None:
    with unknown_allowed():
        msgspec.json.decode(LATER, type=Task)
    with pytest.raises(msgspec.ValidationError, match="sublimated"):
        msgspec.json.decode(LATER, type=Task)
    with pytest.raises(msgspec.ValidationError, match="priority"):
        msgspec.json.decode(b'{"taskId":"t","priority":"sublimated"}', type=TaskUpdate)
    with unknown_allowed(), pytest.raises(msgspec.ValidationError):
        msgspec.convert({"id": "t", "projectId": "p", "title": "T", "status": 7}, Task)


def test_every_enum_in_a_reply_accepts_unknown_values() -> None:
    """A closed one would make replies of newer daemons unreadable."""

    def closed(row: AnyMethod) -> Iterator[str]:
        for found in _enums(row.result, set()):
            if not issubclass(found, OpenEnum):
                yield f"derive {found.__name__} from `OpenEnum`"

    assert offenders(METHODS, closed) == {}


def _enums(type_: object, seen: set[object]) -> list[type[enum.Enum]]:
    info = msgspec.inspect.type_info(type_)
    found: list[type[enum.Enum]] = []
    pending: list[object] = [info]
    while pending:
        each = pending.pop()
        if isinstance(each, msgspec.inspect.EnumType):
            found.append(each.cls)
        elif isinstance(each, msgspec.inspect.StructType) and each.cls not in seen:
            seen.add(each.cls)
            pending += [field.type for field in each.fields]
        else:
            for name in ("type", "item_type", "value_type", "key_type"):
                pending += [inner] if (inner := getattr(each, name, None)) is not None else []
            pending += [*getattr(each, "types", ()), *getattr(each, "item_types", ())]
    return found
