"""The kernel's limits on a command: no NUL, and a maximum number of bytes per argument.

Linux accepts 131,072 bytes per argument or variable, including its NUL (``MAX_ARG_STRLEN``, execve(2)); macOS accepts more. The
limit counts bytes, not characters: a command in Chinese has three times as many bytes as characters.
"""

from collections.abc import Callable, Iterable

from maestrod.api.errors import Malformed

#: Maximum bytes of one argument, without its NUL.
LONGEST = 131_071


def problem(text: str) -> str:
    """Why a text cannot be a program's argument; empty if it can."""
    if "\0" in text:
        return "contains a NUL character, at which programs would cut it off"
    size = len(text.encode(errors="replace"))
    return f"has {size:,} bytes; one argument may have {LONGEST:,}: put the text into a file" if size > LONGEST else ""


def command_problem(text: str) -> str:
    """Why a text cannot be a command or a check; empty if it can. A blank command would succeed without doing anything."""
    return problem(text) if text.strip() else "is blank: it would do nothing and count as done"


def check_commands(texts: Iterable[str], path: str) -> None:
    """Raise ``Malformed`` for the first invalid command or check."""
    check(texts, path, command_problem)


def check(texts: Iterable[str], path: str, judge: Callable[[str], str] = problem) -> None:
    """Raise ``Malformed`` for the first text that cannot be a program's argument."""
    for place, text in enumerate(texts):
        if found := judge(text):
            where = f"{path}[{place}]"
            raise Malformed("params.invalid", f"{where} {found}", {"path": f"$.{where}"})
