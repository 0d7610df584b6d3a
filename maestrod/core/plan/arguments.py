"""What the kernel takes of a command: no NUL, and at most so many bytes in one argument.

Linux takes 131,072 bytes of one argument or variable, its NUL included (``MAX_ARG_STRLEN``, execve(2)); macOS takes more. Bytes
count, not characters: a command in Chinese is three times as long as it looks.
"""

from collections.abc import Callable, Iterable

from maestrod.api.errors import Malformed

#: Bytes of one argument without its NUL.
LONGEST = 131_071


def problem(text: str) -> str:
    """Why a text cannot be an argument of a program; empty if it can."""
    if "\0" in text:
        return "contains a NUL character, at which programs would cut it off"
    size = len(text.encode(errors="replace"))
    return f"has {size:,} bytes; one argument may have {LONGEST:,}: put the text into a file" if size > LONGEST else ""


def command_problem(text: str) -> str:
    """Why a text cannot be a command or a check; empty if it can. A blank one would succeed without doing anything."""
    return problem(text) if text.strip() else "is blank: it would do nothing and count as done"


def check_commands(texts: Iterable[str], path: str) -> None:
    """Raise ``Malformed`` for the first of some commands or checks that is none."""
    check(texts, path, command_problem)


def check(texts: Iterable[str], path: str, judge: Callable[[str], str] = problem) -> None:
    """Raise ``Malformed`` for the first of some words that no program could be started with."""
    for place, text in enumerate(texts):
        if found := judge(text):
            where = f"{path}[{place}]"
            raise Malformed("params.invalid", f"{where} {found}", {"path": f"$.{where}"})
