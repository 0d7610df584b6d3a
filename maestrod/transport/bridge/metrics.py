"""The daemon's metrics in the text format of Prometheus (exposition format 0.0.4)."""

from collections.abc import Mapping

KIND = b"text/plain; version=0.0.4; charset=utf-8"


def exposition(values: Mapping[str, float]) -> bytes:
    """Format one line per value, grouped by name under their type; names that end in ``_total`` are counters."""
    families: dict[str, list[str]] = {}
    for name, value in values.items():
        family = name.partition("{")[0]
        families.setdefault(family, []).append(f"{name} {value:g}" if value != int(value) else f"{name} {int(value)}")
    lines = []
    for family, samples in sorted(families.items()):
        lines.append(f"# TYPE {family} {'counter' if family.endswith('_total') else 'gauge'}")
        lines += samples
    return "\n".join(lines).encode() + b"\n"
