"""Generates documents as people write them: any value, any white space, and comments and trailing commas where they are allowed."""

import json
from typing import Any

from hypothesis import strategies as st

#: Commands of other programs, without our mark.
HANDLERS = st.fixed_dictionaries(
    {"type": st.just("command"), "command": st.sampled_from(["echo hi", "jq . > /tmp/x", "python event.py --agent x"])}
)
GROUPS = st.lists(st.fixed_dictionaries({"hooks": st.lists(HANDLERS, max_size=2)}), max_size=2)
OTHERS = st.dictionaries(st.sampled_from(["Stop", "PreToolUse", "Mine"]), GROUPS, max_size=3)
_LEAVES = (
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('ab"\\/*,:{}[]\n\u00e4', max_size=6) | st.floats(-1, 1)
)
VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3)
)
DOCUMENTS = st.dictionaries(st.text("xyz", min_size=1, max_size=3), VALUES, max_size=4)


@st.composite
def texts(draw: st.DrawFn, comments: bool, hooks: bool = True) -> tuple[Any, str]:
    """A settings document, perhaps with hooks of other programs, and its text."""
    document: dict[str, Any] = draw(DOCUMENTS)
    if hooks and draw(st.booleans()):
        document["hooks"] = draw(OTHERS)
    line_end = draw(st.sampled_from(["\n", "\r\n"]))
    if draw(st.booleans()):
        unit = draw(st.sampled_from(["  ", "    ", "\t"]))
        text = json.dumps(document, indent=unit, ensure_ascii=draw(st.booleans())).replace("\n", line_end)
        return document, draw(st.sampled_from(["", "\ufeff"])) + text + draw(st.sampled_from(["", line_end]))
    return document, _gap(draw, comments, line_end) + _write(draw, document, comments, line_end) + line_end


def _write(draw: st.DrawFn, value: Any, comments: bool, line_end: str) -> str:
    def gap() -> str:
        return _gap(draw, comments, line_end)

    if isinstance(value, dict):
        parts = [
            f"{gap()}{json.dumps(name)}{gap()}:{gap()}{_write(draw, member, comments, line_end)}{gap()}"
            for name, member in value.items()
        ]
        return "{" + _joined(draw, parts, comments, gap()) + "}"
    if isinstance(value, list):
        return "[" + _joined(draw, [f"{gap()}{_write(draw, each, comments, line_end)}{gap()}" for each in value], comments, gap()) + "]"  # fmt: skip
    return json.dumps(value)


def _joined(draw: st.DrawFn, parts: list[str], comments: bool, empty: str) -> str:
    if not parts:
        return empty
    return ",".join(parts) + (f",{empty}" if comments and draw(st.booleans()) else "")


def _gap(draw: st.DrawFn, comments: bool, line_end: str) -> str:
    gaps = ["", "", " ", line_end, "  ", f"{line_end}\t"]
    if comments:
        gaps += ["/* a, b: {c} */", f'// it\'s "so", [x]{line_end}', "/**/ "]
    return draw(st.sampled_from(gaps))
