"""The parameters of a method as command-line fields, read from the row's struct."""

import enum
import types
import typing
from dataclasses import dataclass
from typing import Any

import msgspec

from maestroctl.generated.glossary import meaning
from maestrod.api.model.method import Method

#: Set from the environment and the connection, never by options.
_HIDDEN = {"session_token", "request_id"}

#: Lists of command lines and program arguments, which may contain commas.
_WHOLE = {"commands", "checks", "program", "planner"}


class ValueKind(enum.Enum):
    """How a value is written on the command line."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    LIST = "list"  #: repeatable, or separated by commas
    WORDS = "words"  #: repeatable, one whole value each
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter: its Python name and wire name, how it is written, and its help."""

    name: str
    wire: str
    kind: ValueKind
    required: bool
    help: str = ""
    choices: type[enum.Enum] | None = None

    @property
    def option(self) -> str:
        """The option's name on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def metavar(self) -> str:
        """The argument's name in help."""
        return self.name.upper()


def fields_of(row: Method[Any, Any]) -> list[Field]:
    """The parameters of a method that a user may set."""
    params = row.params
    hints = typing.get_type_hints(params, include_extras=True)
    return [
        _field(row.name, info, hints[info.name]) for info in msgspec.structs.fields(params) if info.name not in _HIDDEN
    ]


def _field(method: str, info: msgspec.structs.FieldInfo, hint: Any) -> Field:
    inner, metas = _bare(hint)
    kind, choices = _kind(info.name, inner)
    words = [meta.description for meta in metas if isinstance(meta, msgspec.Meta) and meta.description]
    return Field(
        info.name, info.encode_name, kind, info.required, meaning(method, info.name) or next(iter(words), ""), choices
    )


def _bare(hint: Any) -> tuple[Any, list[Any]]:
    """The type without ``None`` and annotations, and those annotations."""
    metas: list[Any] = []
    while True:
        if typing.get_origin(hint) is typing.Annotated:
            hint, *more = typing.get_args(hint)
            metas += more
        elif typing.get_origin(hint) in {typing.Union, types.UnionType}:
            hint = next(part for part in typing.get_args(hint) if part is not types.NoneType)
        else:
            return hint, metas


def _kind(name: str, hint: Any) -> tuple[ValueKind, type[enum.Enum] | None]:
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return ValueKind.CHOICE, hint
    if typing.get_origin(hint) is tuple:
        element, _ = _bare(typing.get_args(hint)[0])
        if element is str:
            return (ValueKind.WORDS if name in _WHOLE else ValueKind.LIST), None
        return ValueKind.JSON, None
    simple = {str: ValueKind.TEXT, int: ValueKind.INTEGER, float: ValueKind.NUMBER, bool: ValueKind.FLAG}
    return simple.get(hint, ValueKind.JSON), None
