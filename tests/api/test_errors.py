"""The table of errors: every surface can report every error."""

import pytest

from maestrod.api import errors
from maestrod.api.errors import BY_CODE, MaestroError, NotFound


def family(cls: type[MaestroError]) -> list[type[MaestroError]]:
    return [cls, *(found for child in cls.__subclasses__() for found in family(child))]


OURS = [cls for cls in family(MaestroError) if cls.__module__ == errors.__name__]


@pytest.mark.parametrize("cls", OURS, ids=lambda cls: cls.__name__)
def test_every_error_has_its_numbers_on_every_surface(cls: type[MaestroError]) -> None:
    assert cls.http_status in {400, 403, 404, 408, 409, 410, 422, 426, 429, 499, 500, 503}
    assert cls.exit_code in {1, 2, 69, 70, 75, 76, 77, 78, 124, 130}
    # JSON-RPC 2.0, section 5.1: only the standard codes may be used in the reserved range
    assert not -32768 <= cls.rpc_code <= -32000 or cls.rpc_code in {-32700, -32600, -32601, -32602, -32603}
    assert cls.__doc__


@pytest.mark.parametrize("code", BY_CODE)
def test_a_client_raises_the_class_the_daemon_raised(code: int) -> None:
    assert BY_CODE[code].rpc_code == code


def test_the_data_names_the_reason_and_whether_to_try_again() -> None:
    assert NotFound("task.not_found", "no such task").data() == {"code": "task.not_found", "retryable": False}
    detailed = errors.Busy("slots.full", "all slots are taken", {"slots": 8})
    assert detailed.data() == {"code": "slots.full", "retryable": True, "details": {"slots": 8}}
    assert str(detailed) == detailed.message == "all slots are taken"


def test_details_are_the_errors_own() -> None:
    given = {"a": 1}
    error = NotFound("x.not_found", "no", given)
    given["a"] = 2
    assert error.details == {"a": 1}
