"""Binds every row of the contract to the code that carries it out, once at start.

A row is a pure read (``ANSWERS`` and ``SIGHTED`` of ``core.reading.views``), a command for the engine (``core.rules.RULES``), or has a
handler in a noun's file here. A handler may wrap a command to wait for its outcome. Anything else is a bug that prevents the
start.
"""

import enum
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect

from maestrod.api.model.base import Params
from maestrod.api.model.method import Access, Scope
from maestrod.api.protocol import wire
from maestrod.api.protocol.openrpc import positional_names
from maestrod.api.protocol.registry import METHODS, AnyMethod
from maestrod.core.reading.views import ANSWERS, SIGHTED
from maestrod.core.rules import RULES
from maestrod.core.world.binding import ReadFunction, Rule, Sighted
from maestrod.rpc import attention, event, permission, queue, run, session, skill, system, terminal, token, ui
from maestrod.rpc.handler import HANDLERS, Handler
from maestrod.rpc.numbers import NUMBERED

#: The modules whose import fills ``HANDLERS``.
NOUNS = (attention, event, permission, queue, run, session, skill, system, terminal, token, ui)


class BindingKind(enum.Enum):
    """What carries out a row."""

    READ = "read"  #: a function of the world
    LOOK = "look"  #: a function of the world and of what is seen outside it
    COMMAND = "command"  #: the engine
    CALL = "call"  #: a handler, at once
    TASK = "task"  #: a handler that waits


@dataclass(frozen=True, slots=True)
class Binding:
    """A row with everything needed to carry it out.

    ``names`` are the wire names of the parameters by position. ``limit`` is the maximum size of a request in bytes. ``loose``:
    the parameters may contain any JSON or unbounded integers, so the message is checked for excess. ``own_session``: a calling
    session that names no session means itself. ``numbered`` are the members that accept a number instead of an id.
    """

    row: AnyMethod
    kind: BindingKind
    decoder: "msgspec.json.Decoder[Params]"
    names: tuple[str, ...]
    limit: int
    loose: bool
    owner_only: bool
    own_session: bool
    streams: bool
    numbered: tuple[str, ...]
    scope: Scope
    function: Callable[..., Any]


def bind(
    methods: Mapping[str, AnyMethod] = METHODS,
    answers: Mapping[str, ReadFunction] = ANSWERS,
    rules: Mapping[str, Rule] = RULES,
    handlers: Mapping[str, Handler] = HANDLERS,
    sighted: Mapping[str, Sighted] = SIGHTED,
) -> dict[str, Binding]:
    """The binding of every row. Raises ``RuntimeError`` if a row has no binding or several, or a function has no row."""
    orphans = {*answers, *sighted, *rules, *handlers} - set(methods)
    if orphans:
        raise RuntimeError(f"there is no method for {sorted(orphans)}")
    return {
        name: _bind(row, answers.get(name), sighted.get(name), rules.get(name), handlers.get(name))
        for name, row in methods.items()
    }


@functools.cache
def bindings() -> Mapping[str, Binding]:
    """The bindings of the contract, made once per process and shared by all listeners. Raises what ``bind`` raises."""
    return bind()


def _bind(
    row: AnyMethod, answer: ReadFunction | None, sighted: Sighted | None, rule: Rule | None, handler: Handler | None
) -> Binding:
    plain = {BindingKind.READ: answer, BindingKind.LOOK: sighted, BindingKind.COMMAND: rule}
    kind = _kind(row, [kind for kind, bound in plain.items() if bound is not None], handler)
    carrier = handler or answer or sighted
    return Binding(
        row=row,
        kind=kind,
        decoder=msgspec.json.Decoder(row.params),
        names=positional_names(row),
        limit=wire.LARGE_REQUEST_LIMIT if row.name in wire.LARGE_REQUESTS else wire.REQUEST_LIMIT,
        loose=_is_loose(inspect.type_info(row.params)),
        owner_only=row.access is Access.OWNER,
        own_session=kind is not BindingKind.COMMAND and _may_leave_out_session(row.params),
        streams=handler is not None and handler.streams,
        numbered=tuple(name for name in row.params.__struct_fields__ if name in NUMBERED),
        scope=row.scope,
        function=_command if carrier is None else carrier.function,
    )


def _kind(row: AnyMethod, plain: list[BindingKind], handler: Handler | None) -> BindingKind:
    if handler is None and len(plain) == 1:
        return plain[0]
    if handler is not None and (not plain or (plain == [BindingKind.COMMAND] and handler.waits)):
        return BindingKind.TASK if handler.waits else BindingKind.CALL
    bound = [kind.value for kind in plain] + ["handler"] * (handler is not None)
    raise RuntimeError(f"{row.name} must be bound once and is bound to {bound or 'nothing'}")


def _command(*_: object) -> Any:
    raise AssertionError("a command is carried out by the engine")


def _may_leave_out_session(params: type[Params]) -> bool:
    fields = {field.name: field for field in msgspec.structs.fields(params)}
    return "session_id" in fields and not fields["session_id"].required


def _is_loose(kind: Any) -> bool:
    """Whether a type accepts any JSON, or unbounded integers."""
    if isinstance(kind, inspect.IntType):
        return kind.le is None and kind.lt is None
    if isinstance(kind, (inspect.AnyType, inspect.RawType)):
        return True
    if isinstance(kind, inspect.StructType):
        return any(_is_loose(field.type) for field in kind.fields)
    if isinstance(kind, inspect.UnionType):
        return any(_is_loose(member) for member in kind.types)
    if isinstance(kind, inspect.DictType):
        return _is_loose(kind.value_type)
    return isinstance(kind, (inspect.CollectionType, inspect.VarTupleType)) and _is_loose(kind.item_type)
