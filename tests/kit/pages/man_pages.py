"""Writes the manual pages in ``docs/man`` from the command table: ``python -m tests.kit.pages.man_pages``.

One page for ``maestroctl``, and one for each of its first words (``maestroctl-run``). The format is man(7); `-` is written ``\\-`` so
that options can be copied from a terminal.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from maestroctl.app import load
from maestroctl.commands import NOUNS, PROGRAM, SECTIONS, VERBS

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "man"

#: What every command accepts, or almost every (``maestroctl/caller.py``), and what the exit codes mean: see ``docs/commands.md``.
_FLAGS = (
    ("--json", "Print one JSON document. Not for attach, completion, event report, store export and store import."),
    ("--no-autostart", "Do not start the daemon."),
    ("--color WHEN", "When to print in colour: always, never or auto."),
    (
        "--url URL",
        "Use the daemon of another machine, with --token-file and, for a private certificate, --ca-file or --fingerprint.",
    ),
    ("-h, --help", "Explain the command."),
)
_CODES = (
    ("0", "done"),
    ("1", "the outcome is a failure"),
    ("2", "the command line is wrong"),
    ("69", "no daemon"),
    ("70", "a bug in maestrod"),
    ("75", "busy, try again; for run: it waits for you"),
    ("76", "the versions of maestroctl and the daemon are not compatible"),
    ("77", "refused"),
    ("78", "the configuration is wrong, or no agent is chosen"),
    ("124", "timed out"),
    ("130", "interrupted; for run: cancelled"),
)


def pages() -> dict[str, str]:
    """Every page, by its file name."""
    names = {**VERBS, **NOUNS}
    made = {f"{PROGRAM}-{name}.1": "\n".join(_page(name, text)) + "\n" for name, text in names.items()}
    return {f"{PROGRAM}.1": "\n".join(_overview(names)) + "\n", **made}


def _overview(names: dict[str, str]) -> Iterator[str]:
    yield from _head(PROGRAM, "run fleets of coding agents")
    yield from (".SH SYNOPSIS", f".B {PROGRAM}", r"\fICOMMAND\fR [\fIOPTION\fR...] [\fIARGUMENT\fR...]")
    yield from (
        ".SH DESCRIPTION",
        "maestroctl controls maestrod, a local daemon that runs fleets of coding agents over a tree of tasks.",
    )
    yield from ("It starts the daemon when it needs it.", ".SH COMMANDS")
    for title, section in SECTIONS.items():
        yield f".SS {title}"
        for name in section:
            yield from _entry(rf"\fB{PROGRAM}\-{_safe(name)}\fR(1)", f"{names[name]}.")
    yield ".SH OPTIONS"
    yield "Every command accepts:"
    for flag, text in _FLAGS:
        yield from _entry(rf"\fB{_safe(flag)}\fR", text)
    yield ".SH EXIT STATUS"
    for code, text in _CODES:
        yield from _entry(rf"\fB{code}\fR", f"{text[0].upper()}{text[1:]}.")
    yield from (".SH ENVIRONMENT", "See docs/configuration.md in the source.")


def _page(name: str, text: str) -> Iterator[str]:
    command = load(name)
    yield from _head(f"{PROGRAM}-{name}", f"{text[0].lower()}{text[1:]}")
    inner = getattr(command, "commands", None)
    default = getattr(command, "default", None)
    leaves = {f"{name} {verb}": leaf for verb, leaf in inner.items()} if inner else {name: command}
    yield ".SH SYNOPSIS"
    for path, leaf in leaves.items():
        yield from (".PP", f"{_usage(path, leaf)}")
        if default and path == f"{name} {default}":
            yield from (".PP", f"{_usage(name, leaf)}")
    yield ".SH DESCRIPTION" if not inner else ".SH COMMANDS"
    for path, leaf in leaves.items():
        yield from ([f".SS {_safe(f'{PROGRAM} {path}')}"] if inner else [])
        yield from _about(leaf)
    yield from (".SH SEE ALSO", rf"\fB{PROGRAM}\fR(1)")


def _usage(path: str, leaf: Any) -> str:
    arguments = [_argument(param) for param in leaf.params if param.param_type_name == "argument"]
    options = r"[\fIOPTION\fR...]"
    return " ".join([rf"\fB{_safe(f'{PROGRAM} {path}')}\fR", options, *arguments])


def _argument(param: Any) -> str:
    shown = _safe(str(param.metavar or param.name).upper().strip("{}[]"))
    many = "..." if param.nargs == -1 else ""
    return rf"\fI{shown}\fR{many}" if param.required else rf"[\fI{shown}\fR{many}]"


def _about(leaf: Any) -> Iterator[str]:
    for paragraph in (leaf.help or "").split("\n\n"):
        if paragraph.startswith("\b\n"):  # lines that are not wrapped
            yield from (".PP", ".nf", *map(_safe, paragraph.splitlines()[1:]), ".fi")
        else:
            yield from (".PP", _safe(" ".join(paragraph.replace("``", "").split())))
    for param in leaf.params:
        shown = _argument(param) if param.param_type_name == "argument" else _option(param)
        if text := getattr(param, "help", None):
            yield from _entry(shown, text)


def _option(param: Any) -> str:
    spellings = rf"\fB{_safe(', '.join(param.opts))}\fR"
    if param.is_flag:
        return spellings
    choices = getattr(param.type, "choices", None)
    return (
        rf"{spellings} \fI{_safe('|'.join(map(str, choices)) if choices else param.name.upper().replace('_', '-'))}\fR"
    )


def _head(name: str, text: str) -> Iterator[str]:
    yield f'.TH "{name.upper()}" "1" "" "maestrod" "User Commands"'
    yield from (".ad l", ".SH NAME", rf"{_safe(name)} \- {_safe(text)}")


def _entry(term: str, text: str) -> Iterator[str]:
    yield from (".TP", term, _safe(" ".join(text.split())))


def _safe(text: str) -> str:
    """Text that man takes literally: no escapes, and no line that begins like a request."""
    text = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{text}" if text[:1] in {".", "'"} else text


def main() -> None:
    """Write every page, and remove those of commands that are gone."""
    made = pages()
    for old in FOLDER.glob("*.1"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
