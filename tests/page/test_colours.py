"""The page's colours are readable: text has the contrast of WCAG 2.2 level AA (4.5 to 1) on every background, light and dark."""

import re

import pytest

from maestrod.api.local.package_data import package_data

TEXT = ("text", "text-2", "text-3", "accent", "failed", "waiting", "running", "done")
GROUNDS = ("bg", "surface", "raised", "hover")
PILLS = ("running", "done", "failed", "waiting", "quiet")
TERMINAL = ("fg", "red", "green", "yellow", "blue", "magenta", "cyan", "white")


def colours(theme: str) -> dict[str, str]:
    """The colours of a theme by name: those of dark over those of light."""
    text = (package_data("page") / "css" / "tokens.css").read_text("utf-8")
    light, _, dark = text.partition('[data-theme="dark"]')
    pattern = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")
    return dict(pattern.findall(light)) | (dict(pattern.findall(dark)) if theme == "dark" else {})


def luminance(colour: str) -> float:
    """Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_every_ground(theme: str) -> None:
    known = colours(theme)
    pairs = [(text, ground) for text in TEXT for ground in GROUNDS]
    pairs += [("text", "selected"), ("text-2", "selected"), ("text-3", "selected"), ("on-accent", "accent")]
    pairs += [(name, f"{name}-soft") for name in PILLS]
    pairs += [(f"term-{name}", "term-bg") for name in TERMINAL]
    weak = {pair: contrast(known[pair[0]], known[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


def test_both_themes_name_the_same_colours() -> None:
    text = (package_data("page") / "css" / "tokens.css").read_text("utf-8")
    light, _, dark = text.partition('[data-theme="dark"]')
    names = [set(re.findall(r"--([\w-]+): #", part)) for part in (light, dark)]
    assert names[0] == names[1]
