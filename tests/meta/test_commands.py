"""Every command of ``maestroctl`` says what it is for, and so does everything it takes."""

import functools
from collections.abc import Iterator
from typing import Any

from maestroctl.app import load
from maestroctl.commands import NOUNS, VERBS


@functools.cache
def leaves() -> dict[str, Any]:
    """Every command by its full path, hand-made and generated."""
    return {path: leaf for name in dict.fromkeys([*VERBS, *NOUNS]) for path, leaf in below(name, load(name))}


def below(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """The commands of a group, at any depth; the command itself if it is none."""
    inner = getattr(command, "commands", None)
    if not inner:
        yield path, command
        return
    for verb, leaf in inner.items():
        yield from below(f"{path} {verb}", leaf)


def test_there_are_as_many_commands_as_the_nouns_promise() -> None:
    assert len(leaves()) > len(VERBS) + len(NOUNS)


def test_every_help_begins_with_a_sentence() -> None:
    first = {path: (leaf.help or "").strip().split("\n\n")[0].rstrip() for path, leaf in leaves().items()}
    wrong = {path: text for path, text in first.items() if not (text[:1].isupper() and text.endswith((".", "?", "!")))}
    assert wrong == {}


def test_every_option_says_what_it_does() -> None:
    silent = [
        f"{path} --{param.name}"
        for path, leaf in leaves().items()
        for param in leaf.params
        if param.param_type_name == "option" and not (param.help or "").strip()
    ]
    assert silent == []


def test_words_are_lower_case_and_options_hyphenated() -> None:
    spelled = [
        f"{path} {spelling}"
        for path, leaf in leaves().items()
        for param in leaf.params
        for spelling in ("", *param.opts)
        if param.param_type_name == "option"
    ]
    assert [words for words in spelled if words != words.lower() or "_" in words] == []
