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
from maestroctl.commands import HAND_MADE, NOUNS, PROGRAM, SECTIONS, SHARED, VERBS
from maestroctl.output import answer, wants_json
from maestrod.api.errors import MaestroError, Malformed
from maestrod.api.text.outside_text import shown

#: The base of what typer raises for a wrong command line; where it is defined differs between versions of typer.
_Usage: Any = typer.BadParameter.__mro__[2]


class Root(TyperGroup):
    """The root of the tree. It knows every name and imports only the command that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every name, verbs first."""
        return [*VERBS, *NOUNS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command with only its sentence, which is enough for help. ``resolve_command`` loads the command that is called."""
        sentence = VERBS.get(cmd_name) or NOUNS.get(cmd_name)
        return None if sentence is None else _listed(cmd_name, sentence)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands by section, in one column."""
        width = max(map(len, self.list_commands(ctx)))
        for title, names in SECTIONS.items():
            _list_commands(formatter, title, {f"{name:{width}}": self.get_command(ctx, name) for name in names})

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Do as typer does, and suggest from all names when the word is wrong."""
        if args[0] not in VERBS and args[0] not in NOUNS:
            self.commands = {name: _listed(name, "") for name in self.list_commands(ctx)}
            return super().resolve_command(ctx, args)
        return args[0], load(args[0]), args[1:]


class Commands(MutableMapping[str, Any]):
    """The commands of a group. Each is created on first use, because creating all of them takes longer than most calls."""

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
    """A noun. ``default`` is the command that runs when the first word is not one of its commands, as in ``run TEXT``."""

    default: str | None = None

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert the default command unless the first word is a command."""
        if self.default is not None and (not args or args[0] not in self.commands):
            args = [self.default, *args]
            self._speak_for_group(self.commands[self.default], ctx)
        return super().parse_args(ctx, args)

    def _speak_for_group(self, command: Any, ctx: Any) -> None:
        """Make the default command's help that of the group: its usage has the group's name, and it lists the other commands."""
        others = {name: other for name, other in self.commands.items() if name != self.default}
        command.context_class = _unnamed(type(ctx))
        command.format_epilog = lambda ctx, formatter: _list_commands(formatter, "Commands", others)


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code. Reports every error of the user or the daemon."""
    rest, variables = take_global_flags(arguments)
    os.environ.update(variables)
    as_json = wants_json(rest)
    try:
        result = root().main(args=rest, prog_name=PROGRAM, standalone_mode=False)
    except MaestroError as error:
        return errors.print_error(error, as_json=as_json)
    except _Usage as error:
        if as_json:
            return errors.print_error(Malformed("usage", error.format_message()), as_json=True)
        error.show()
        return int(error.exit_code)
    except typer.Abort:
        return errors.INTERRUPTED
    except UnicodeEncodeError as error:  # a name or path that is not UTF-8 and passed every earlier check
        message = f"not UTF-8 text: {shown(error.object)}"
        return errors.print_error(Malformed("usage", message), as_json=as_json)
    return result if isinstance(result, int) else 0


def root() -> Any:
    """The command tree, as a group of typer."""
    app = _typer(cls=Root, invoke_without_command=False, no_args_is_help=True)
    app.callback()(_globals)
    return typer.main.get_command(app)


def load(name: str) -> Any:
    """The command or group with this name at the root."""
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
    """The function in ``verbs/`` for a name, or a mapping of functions by verb."""
    if name not in VERBS and name not in HAND_MADE:
        return {}
    if name in SHARED:
        return getattr(importlib.import_module(f"maestroctl.verbs.{SHARED[name]}"), name)
    module = importlib.import_module(f"maestroctl.verbs.{HAND_MADE.get(name, name)}")
    return module.COMMANDS if hasattr(module, "COMMANDS") else module.command


def _command(name: str, function: Callable[..., Any]) -> Any:
    app = _typer()
    app.command(name=name)(function)
    made = typer.main.get_command(app)
    made.help = _with_blocks(made.help or "")
    return made


def _with_blocks(text: str) -> str:
    """Mark paragraphs with indented lines, which are lines to copy, so that help does not wrap them."""
    mark = "\b\n"  # click's
    return "\n\n".join(mark + part if "\n  " in part else part for part in text.split("\n\n"))


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
    group.default = default  # type: ignore[attr-defined]  # likewise
    return group


def _unnamed(context: Any) -> Any:
    """A class of contexts that are named after their group alone."""
    return type("Unnamed", (context,), {"command_path": property(lambda self: self.parent.command_path)})


def _list_commands(formatter: Any, title: str, commands: Mapping[str, Any]) -> None:
    """Write a section of help with the commands' first sentences."""
    if commands:
        limit = formatter.width - 6 - max(map(len, commands))
        with formatter.section(title):
            formatter.write_dl([(name, command.get_short_help_str(limit)) for name, command in commands.items()])


def _listed(name: str, sentence: str) -> Any:
    """A command that only shows its sentence."""

    def command() -> None:
        raise Malformed("usage", name)

    command.__doc__ = f"{sentence}."
    return _command(name, command)


def _typer(**options: Any) -> typer.Typer:
    # Plain help: rich's boxes cost 30 ms, break lines in the wrong places and add no information.
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
    no_autostart: bool = typer.Option(False, "--no-autostart", help="Do not start the daemon automatically."),
    color: str = typer.Option("auto", "--color", help="Use colours: auto, always or never."),
    url: str = typer.Option("", "--url", help="Address of a remote daemon: https://HOST:PORT."),
    token_file: str = typer.Option("", "--token-file", help="File with the access token for --url."),
    ca_file: str = typer.Option("", "--ca-file", help="File with the certificates to trust for --url."),
    fingerprint: str = typer.Option("", "--fingerprint", help="Trust only the certificate with this SHA-256."),
) -> None:
    """Run and supervise fleets of coding agents.

    Start with: maestroctl run "what to do". Results go to stdout, diagnostics to stderr. Commands that print a result
    take --json, and the options below may stand anywhere on the command line.

    To diagnose a problem: maestroctl doctor, and maestroctl why ID. Guides are in docs/: quickstart.md,
    troubleshooting.md, planner.md.
    """


def _nothing() -> None:
    """Make the app a group even if it has only one command."""
