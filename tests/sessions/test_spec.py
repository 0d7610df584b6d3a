"""Values about processes survive JSON, and failures keep their error's name."""

import errno

import msgspec
import pytest

from maestrod.sessions.spec import ExitRecord, LaunchError, LaunchSpec, OutputChunk


def record(**more: object) -> ExitRecord:
    fields = {"sessionId": "ses_a", "attempt": 1, "code": None, "signal": None, "reason": "exited", "endedAt": 5}
    return msgspec.convert({**fields, **more}, ExitRecord)


def test_a_spec_goes_to_the_shim_in_camel_case_and_back() -> None:
    spec = LaunchSpec(session_id="ses_a", attempt=2, argv=("a",), env={"A": "ä"}, cwd="/", log_segment_bytes=7)
    line = msgspec.json.encode(spec)
    assert b'"logSegmentBytes":7' in line
    assert msgspec.json.decode(line, type=LaunchSpec) == spec


def test_a_record_of_a_failed_start_returns_the_error() -> None:
    failure = LaunchError.from_record(record(reason="failed_to_start", detail="ENOENT: a: no such program"))
    assert (failure.errno_name, failure.message) == ("ENOENT", "a: no such program")
    assert str(failure) == "ENOENT: a: no such program"


@pytest.mark.parametrize("reason", ["exited", "stopped", "interrupted", "lost"])
def test_a_record_of_another_reason_means_that_the_attempt_has_ended(reason: str) -> None:
    failure = LaunchError.from_record(record(reason=reason, detail="words: with a colon"))
    assert failure.errno_name == "EALREADY"
    assert failure.record == record(reason=reason, detail="words: with a colon")


def test_a_system_error_keeps_its_name() -> None:
    failure = LaunchError.from_os_error(OSError(errno.EAGAIN, "try again"), "starting")
    assert (failure.errno_name, failure.message, failure.record) == ("EAGAIN", "starting: try again", None)
    assert LaunchError.from_os_error(OSError("strange"), "starting").errno_name == "EUNKNOWN"


def test_reading_continues_after_the_chunk() -> None:
    assert OutputChunk(10, b"abc", 99).next == 13


def test_an_unknown_reason_makes_no_record() -> None:
    with pytest.raises(msgspec.ValidationError):
        record(reason="bored")
