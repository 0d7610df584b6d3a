"""What the agents' own command lines sent when they were recorded (``tests/fixtures/recordings``)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "fixtures" / "recordings"


def payload(agent: str, event: str, example: str = "default") -> Any:
    """One hook's payload."""
    return json.loads((FOLDER / agent / f"{event}.json").read_text("utf-8"))["examples"][example]["input"]


def payloads(agent: str) -> list[tuple[str, str, Any]]:
    """Every recorded payload of an agent: event, which example, payload."""
    return list(_payloads(agent))


def _payloads(agent: str) -> Iterator[tuple[str, str, Any]]:
    for path in sorted((FOLDER / agent).glob("[!_]*.json")):
        row = json.loads(path.read_text("utf-8"))
        if "examples" in row:
            for name, example in row["examples"].items():
                yield row["event"], name, example["input"]


def lines(agent: str, name: str) -> list[bytes]:
    """The lines of one recorded output stream."""
    return (FOLDER / agent / f"stdout-{name}.jsonl").read_bytes().splitlines()


def streams(agent: str) -> list[str]:
    """The names of an agent's recorded output streams."""
    return sorted(path.stem.removeprefix("stdout-") for path in (FOLDER / agent).glob("stdout-*.jsonl"))
