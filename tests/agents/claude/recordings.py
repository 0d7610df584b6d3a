"""Claude's recorded payloads and streams."""

import json
from pathlib import Path
from typing import Any

from maestrod.agents.claude.hooks import read_hook
from maestrod.agents.claude.stream import read_line
from maestrod.core.values.signs import Reading, Sign

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "recordings" / "claude-code"
EVENTS = sorted(path.stem for path in FOLDER.glob("[A-Z]*.json"))
STREAMS = sorted(path.stem.removeprefix("stdout-") for path in FOLDER.glob("stdout-*.jsonl"))


def payload(event: str, example: str = "default") -> dict[str, Any]:
    """What one hook was given."""
    recorded: dict[str, Any] = json.loads((FOLDER / f"{event}.json").read_text())["examples"][example]["input"]
    return recorded


def examples(event: str) -> list[str]:
    """The examples there are of a hook."""
    return list(json.loads((FOLDER / f"{event}.json").read_text())["examples"])


def hook(event: str, example: str = "default", **changed: Any) -> Reading:
    """What a recorded payload is read as."""
    return read_hook(event, {**payload(event, example), **changed})


def stream(name: str) -> list[Sign]:
    """The signs of a recorded stream, in order."""
    lines = (FOLDER / f"stdout-{name}.jsonl").read_bytes().splitlines()
    return [sign for line in lines for sign in read_line(line).signs]
