"""Errors: their class, message and exit code; JSON on request."""

import json

import pytest

from maestroctl.client import errors
from maestrod.api.errors import (
    Bug,
    Busy,
    Conflict,
    MaestroError,
    Malformed,
    NotAllowed,
    NotFound,
    TimedOut,
    Unprocessable,
    VersionMismatch,
)


@pytest.mark.parametrize(
    "code, kind, exit_code",
    [
        (404, NotFound, 1),
        (409, Conflict, 1),
        (422, Unprocessable, 1),
        (403, NotAllowed, 77),
        (429, Busy, 75),
        (408, TimedOut, 124),
        (-32602, Malformed, 2),
        (-32600, Malformed, 2),
        (-32700, Malformed, 2),
        (-32603, Bug, 70),
        (-32601, VersionMismatch, 76),
        (12345, Bug, 70),
    ],
)
def test_every_code_has_its_class_and_exit_code(code: int, kind: type[MaestroError], exit_code: int) -> None:
    error = errors.failure(code, "words", {"code": "a.b"})
    assert type(error) is kind
    assert error.exit_code == exit_code


@pytest.mark.parametrize("data", [None, "x", [], {"details": 3}])
def test_data_of_any_shape_is_accepted(data: object) -> None:
    assert errors.failure(404, "words", data).details == {}


def test_the_words_and_the_place_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code = errors.print_error(Malformed("usage", "bad\x1b[31m", {"path": "$.x"}), as_json=False)
    assert code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "maestroctl: bad\\x1b[31m\n  at: $.x\n"


def test_findings_of_the_linter_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    finding = {"path": "groups[0]", "code": "plan.empty", "message": "empty", "severity": "warning"}
    errors.print_error(Unprocessable("plan.invalid", "no", {"diagnostics": [finding, 3]}), as_json=False)
    assert "warning: groups[0]: empty (plan.empty)" in capsys.readouterr().err


def test_a_bug_names_its_incident(capsys: pytest.CaptureFixture[str]) -> None:
    assert errors.print_error(Bug("internal", "broken", {"incident": "inc_7"}), as_json=False) == 70
    assert "inc_7" in capsys.readouterr().err


def test_json_is_one_document_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    errors.print_error(Busy("slots", "none free", {"n": 1}), as_json=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert json.loads(captured.err) == {
        "error": {"code": "slots", "retryable": True, "details": {"n": 1}, "message": "none free", "exitCode": 75}
    }


def test_connection_errors_have_exit_codes() -> None:
    assert errors.absent("/s").exit_code == 69
    assert errors.unreachable("/s", OSError(13, "Permission denied")).exit_code == 69
    assert errors.lost(OSError("gone")).exit_code == 69
    assert errors.unsafe(OSError("stranger")).exit_code == 77


@pytest.mark.parametrize(
    "method, kind, words",
    [
        ("task.lst", Malformed, "there is no method task.lst; did you mean task.list?"),
        ("zzz.zzz", Malformed, "there is no method zzz.zzz; `maestroctl rpc discover` lists them"),
        ("task.list", VersionMismatch, "run `maestroctl daemon restart`"),
    ],
)
def test_a_mistyped_method_does_not_mean_another_version(method: str, kind: type[MaestroError], words: str) -> None:
    error = errors.failure(-32601, "there is no such method", {"details": {"method": method}})
    assert type(error) is kind and words in error.message
    assert error.exit_code == (2 if kind is Malformed else 76)


@pytest.mark.parametrize(
    "method, field, kind",
    [("task.list", "order", VersionMismatch), ("task.list", "ordre", Malformed), ("zzz.zzz", "order", Malformed)],
)
def test_a_parameter_unknown_to_the_daemon_hints_at_its_version(
    method: str, field: str, kind: type[MaestroError]
) -> None:
    words = f"Object contains unknown field `{field}` at $.{field}"
    error = errors.unknown_to_an_older(Malformed("params.invalid", words, {"path": f"$.{field}"}), method)
    assert type(error) is kind
    assert ("maestroctl daemon restart" in error.message) == (kind is VersionMismatch)
