"""How a process ended: the signal has its name, whatever an older version wrote."""

from pathlib import Path

import msgspec
import pytest

from maestrod.api.process import Exit
from maestrod.api.protocol.json_schema import schemas_of
from maestrod.sessions.spec import ExitRecord

RECORDED = Path(__file__).resolve().parents[1] / "fixtures/0.1/exits"


@pytest.mark.parametrize("signal, words", [("TERM", "SIGTERM"), ("KILL", "SIGKILL"), ("34", "signal 34"), (None, "")])
def test_a_signal_has_its_usual_name(signal: str | None, words: str) -> None:
    assert Exit(signal=signal).signal_name == words


@pytest.mark.parametrize("number, name", [(15, "TERM"), (9, "KILL"), (40, "40"), (77, "77")])
def test_a_signal_number_written_by_0_1_is_read_as_a_name(number: int, name: str) -> None:
    read = msgspec.json.decode(f'{{"signal":{number},"reason":"exited"}}', type=Exit)
    assert read == Exit(signal=name, reason="exited")
    assert msgspec.json.decode(msgspec.json.encode(read))["signal"] == name


def test_the_name_of_the_state_is_the_one_in_the_shims_exit_record() -> None:
    record = msgspec.json.decode((RECORDED / "signal.json").read_bytes(), type=ExitRecord)
    assert Exit(signal=record.signal).signal_name == "SIGKILL"


def test_the_contract_contains_a_name() -> None:
    _, components = schemas_of([Exit], "{name}")
    assert components["Exit"]["properties"]["signal"]["anyOf"] == [{"type": "string"}, {"type": "null"}]
