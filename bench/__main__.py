"""``python -m bench [--quick] [--only NAME ...]``."""

import argparse
import importlib
import time
from pathlib import Path

from bench.programs import NoCompiler
from bench.table import Row, save, show, skipped

#: The sections: the module, and the numbers of the quality targets that it measures.
SECTIONS = {
    "round_trip": "P1",
    "durable_event": "P2, P3, P3b",
    "hook": "P4",
    "agent_turn": "hooks",
    "command_line": "P5",
    "plan": "P7",
    "session_start": "P8",
    "cold_start": "P9, P10",
    "memory": "P10",
    "idle": "P10, P11",
    "scheduler": "P12",
    "output": "P14",
    "bridge": "P6, P13",
    "page_load": "page",
}


def main() -> None:
    """Run the sections and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller sizes: under a minute")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, metavar="NAME", help=", ".join(SECTIONS))
    arguments = parser.parse_args()
    rows: list[Row] = []
    for name in arguments.only or SECTIONS:
        began = time.perf_counter()
        try:
            rows += importlib.import_module(f"bench.{name}").measure(quick=arguments.quick)
        except NoCompiler as error:
            rows.append(skipped(SECTIONS[name], name, str(error)))
        print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)
    show(rows)
    if not arguments.only:
        save(rows, Path(__file__).parent / "latest.json")


if __name__ == "__main__":
    main()
