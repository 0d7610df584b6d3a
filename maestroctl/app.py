"""The command tree: hand-made verbs and generated nouns, each imported only when it is called or listed."""

import importlib
import os
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from functools import partial
from typing import Any

import typer
from typer.core import TyperGroup

import maestrod
from maestroctl.client import errors
from maestroctl.client.caller import take_global_flags
from maestroctl.commands import HAND_MADE, NOUNS, PROGRAM, SHARED, VERBS
from maestroctl.output import answer, wants_json
from maestrod.api.errors import MaestroError, Malformed
from maestrod.api.text.outside_text import shown

#: The base of what typer raises for a wrong command line; where it is defined differs between versions of typer.
_Usage: Any = typer.BadParameter.__mro__[2]


class Root(TyperGroup):
    """The top of the tree; knows every name, imports only what is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every name, verbs first."""
        return [*VERBS, *NOUNS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A name and its sentence, which is all that help needs; what is called is loaded by ``resolve_command``."""
        sentence = VERBS.get(cmd_name) or NOUNS.get(cmd_name)
        return None if sentence is None else _listed(cmd_name, sentence)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As typer's, with every name to suggest from."""
        if args[0] not in VERBS and args[0] not in NOUNS:
            self.commands = {name: _listed(name, "") for name in self.list_commands(ctx)}
            return super().resolve_command(ctx, args)
        return args[0], load(args[0]), args[1:]


class Commands(MutableMapping[str, Any]):
    """The commands of a group, each made when it is first looked at: making them all takes longer than most calls."""

    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._makers[name] = lambda: command
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._makers[name]
        self._made.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def __contains__(self, name: object) -> bool:
        return name in self._makers


class Group(TyperGroup):
    """A noun; ``default`` is the command meant when the first word is none of its commands, as in ``run TEXT``."""

    default: str | None = None

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command before what is not one."""
        if self.default is not None and (not args or args[0] not in self.commands):
            args = [self.default, *args]
        return super().parse_args(ctx, args)


def run(arguments: Sequence[str]) -> int:
    """Run a command line; its exit code. Every error that is the user's or the daemon's is told here."""
    rest, variables = take_global_flags(arguments)
    os.environ.update(variables)
    as_json = wants_json(rest)
    try:
        result = root().main(args=rest, prog_name=PROGRAM, standalone_mode=False)
    except MaestroError as error:
        return errors.tell(error, as_json=as_json)
    except _Usage as error:
        if as_json:
            return errors.tell(Malformed("usage", error.format_message()), as_json=True)
        error.show()
        return int(error.exit_code)
    except typer.Abort:
        return errors.INTERRUPTED
    except (
        UnicodeEncodeError
    ) as error:  # a name or path that came with bytes no text has, where nothing else refused it
        message = f"this is not UTF-8 text: {shown(error.object)}"
        return errors.tell(Malformed("usage", message), as_json=as_json)
    return result if isinstance(result, int) else 0


def root() -> Any:
    """The command tree as typer's group."""
    app = _typer(cls=Root, invoke_without_command=False, no_args_is_help=True)
    app.callback()(_globals)
    return typer.main.get_command(app)


def load(name: str) -> Any:
    """The command or group of a name at the top."""
    commands = _hand_made(name)
    if callable(commands):
        return _command(name, commands)
    makers: dict[str, Callable[[], Any]] = {verb: partial(_command, verb, made) for verb, made in commands.items()}
    if name in NOUNS or name in {"run", "event"}:
        from maestroctl.generated.command import verbs_of

        for verb, row in verbs_of(name).items():
            makers.setdefault(verb, partial(_generated, row))
    default = next((verb for verb, function in commands.items() if getattr(function, "default", False)), None)
    return _group(name, makers, default)


def _hand_made(name: str) -> Any:
    """The function or the mapping of functions that ``verbs/`` has for a name."""
    if name not in VERBS and name not in HAND_MADE:
        return {}
    if name in SHARED:
        return getattr(importlib.import_module(f"maestroctl.verbs.{SHARED[name]}"), name)
    module = importlib.import_module(f"maestroctl.verbs.{HAND_MADE.get(name, name)}")
    return module.COMMANDS if hasattr(module, "COMMANDS") else module.command


def _command(name: str, function: Callable[..., Any]) -> Any:
    app = _typer()
    app.command(name=name)(function)
    return typer.main.get_command(app)


def _generated(row: Any) -> Any:
    from maestroctl.generated.command import leaf

    return _command(row.verb, leaf(row))


def _group(name: str, makers: Mapping[str, Callable[[], Any]], default: str | None) -> Any:
    sentence = VERBS.get(name) or NOUNS[name]
    app = _typer(cls=Group, help=f"{sentence}.", no_args_is_help=default is None)
    app.callback()(_nothing)
    group = typer.main.get_command(app)
    group.name = name
    group.commands = Commands(makers)  # type: ignore[attr-defined] # cls=Group above
    group.default = default  # type: ignore[attr-defined]  # a group of ours, typed loosely by click
    if default is not None:
        others = ", ".join(verb for verb in makers if verb != default)
        group.commands[default].epilog = f"See also: {PROGRAM} {name} {others}"  # type: ignore[attr-defined]  # likewise
    return group


def _listed(name: str, sentence: str) -> Any:
    """A command that only shows its sentence."""

    def command() -> None:
        raise Malformed("usage", name)

    command.__doc__ = f"{sentence}."
    return _command(name, command)


def _typer(**options: Any) -> typer.Typer:
    # Plain help: rich's boxes cost 30 ms, break lines at the wrong place and say nothing more.
    return typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        **options,
    )


def _version(value: bool) -> None:
    if value:
        answer(f"maestroctl {maestrod.__version__}")
        raise typer.Exit


def _globals(
    *,
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
    no_autostart: bool = typer.Option(False, "--no-autostart", help="Do not start the daemon; anywhere on the line."),
    color: str = typer.Option("auto", "--color", help="auto, always or never; anywhere on the line."),
    url: str = typer.Option(
        "", "--url", help="A daemon elsewhere: https://HOST:PORT; anywhere on the line, as what follows."
    ),
    token_file: str = typer.Option("", "--token-file", help="Holds the token that lets you in there."),
    ca_file: str = typer.Option("", "--ca-file", help="Certificates to trust there, such as its own."),
    fingerprint: str = typer.Option("", "--fingerprint", help="SHA-256 of its certificate, to trust that one only."),
) -> None:
    """Run fleets of coding agents over a tree of tasks, and lose nothing.

    Start with: maestroctl run "what to do". Results go to stdout, diagnostics to stderr; every command takes --json.
    When something is wrong: maestroctl doctor, and maestroctl why THING.

    Guides, in docs/ of the source: quickstart.md, troubleshooting.md, planner.md.
    """


def _nothing() -> None:
    """Make a group of it even when it has one command."""
