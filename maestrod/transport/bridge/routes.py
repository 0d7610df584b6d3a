"""The paths of the REST interface, made from the method rows: finds a request's row and its parameters as a JSON object.

The names in a path, the query and the body become members of one object, which the row's struct then decodes. So every
surface refuses the same input with the same message.
"""

import functools
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec
from msgspec import Raw, inspect

from maestrod.api.errors import Malformed
from maestrod.api.model.method import Route
from maestrod.api.protocol.registry import AnyMethod
from maestrod.api.protocol.routes import routes
from maestrod.api.text.json_text import repeated
from maestrod.api.text.outside_text import decode_repaired

#: Maximum number of parameters in a query; no client needs more.
_QUERY_LIMIT = 100


class Match:
    """A row, and the parameters from the path."""

    __slots__ = ("names", "row")

    def __init__(self, row: AnyMethod, names: dict[str, str]) -> None:
        self.row = row
        self.names = names


class _Node:
    __slots__ = ("below", "named", "rows")

    def __init__(self) -> None:
        self.rows: dict[str, tuple[AnyMethod, tuple[str, ...]]] = {}
        self.below: dict[str, _Node] = {}
        self.named: _Node | None = None


class Routes:
    """All routes."""

    def __init__(self, given: Iterable[tuple[Route, AnyMethod]]) -> None:
        self._root = _Node()
        self._plain: dict[tuple[str, str], Match] = {}
        self._kinds: dict[str, dict[str, _Kind]] = {}
        for route, row in given:
            self._kinds[row.name] = _kinds(row)
            self._add(route, row)

    def find(self, verb: str, path: str) -> Match | frozenset[str]:
        """Find the row of a request; otherwise the verbs that the path supports (none: there is no such path)."""
        if plain := self._plain.get((verb, path)):
            return plain
        verbs: set[str] = set()
        for node, values in _walk(self._root, path.split("/")[1:], ()):
            found = node.rows.get(verb)
            if found is not None:
                row, names = found
                return Match(row, dict(zip(names, map(unquote, values), strict=True)))
            verbs |= node.rows.keys()
        return frozenset(verbs)

    def params(self, match: Match, query: str, body: bytes) -> bytes:
        """The parameters of the call as one JSON object. Raises ``Malformed``, which names the place of the mistake."""
        members: dict[str, Any] = dict(_body(body)) if body else {}
        if query:
            members |= self._query(match.row, query)
        for name, value in match.names.items():
            if name in members and _plain(members[name]) != value:
                raise Malformed(
                    "params.invalid", f"the path and the body name different values for {name}", {"path": f"$.{name}"}
                )
            members[name] = value
        return msgspec.json.encode(members) if members else b"{}"

    def _add(self, route: Route, row: AnyMethod) -> None:
        node, names = self._root, []
        for part in route.path.split("/")[1:]:
            if part.startswith("{"):
                names.append(part.strip("{}"))
                node.named = node.named or _Node()
                node = node.named
            else:
                node = node.below.setdefault(part, _Node())
        node.rows[route.verb] = (row, tuple(names))
        if not names:
            self._plain[route.verb, route.path] = Match(row, {})

    def _query(self, row: AnyMethod, query: str) -> dict[str, Any]:
        """The parameters in a query, converted to their types; lists are repeated or separated by commas."""
        try:
            pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_QUERY_LIMIT, errors="strict")
        except ValueError as error:
            raise Malformed("params.invalid", "the query cannot be read", {"path": "$"}) from error
        members: dict[str, Any] = {}
        for name, text in pairs:
            if name == "sessionToken":
                raise Malformed(
                    "params.invalid", "tokens are not allowed in the query: send a header", {"path": f"$.{name}"}
                )
            kind = self._kinds[row.name].get(name, _TEXT)
            if kind.is_list:
                members.setdefault(name, []).extend(part for part in text.split(",") if part)
            elif name in members:
                raise Malformed("params.invalid", f"{name[:100]} appears twice", {"path": f"$.{name[:100]}"})
            else:
                members[name] = kind.read(text)
        return members


@functools.cache
def contract() -> Routes:
    """The routes of the contract's rows, made once per process because they hold no state."""
    return Routes(routes())


def _walk(node: _Node, parts: list[str], values: tuple[str, ...]) -> Iterable[tuple[_Node, tuple[str, ...]]]:
    """Every node that a path leads to, literal parts before named ones."""
    if not parts:
        yield node, values
        return
    word = node.below.get(parts[0])
    if word is not None:
        yield from _walk(word, parts[1:], values)
    if node.named is not None and parts[0]:
        yield from _walk(node.named, parts[1:], (*values, parts[0]))


_object = msgspec.json.Decoder(dict[str, Raw])


def _body(body: bytes) -> dict[str, Raw]:
    try:
        if not body.isascii():
            body.decode()
        members = decode_repaired(_object.decode, body)
    except msgspec.ValidationError:
        raise Malformed("params.invalid", "the body must be a JSON object", {"path": "$"}) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Malformed("request.unreadable", f"the body is not JSON: {error}"[:500], {"path": "$"}) from None
    if (place := repeated(body)) is not None:
        raise Malformed("params.repeated_member", f"`{place}` appears twice in the body", {"path": f"$.{place}"})
    return members


def _plain(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, Raw) else value


class _Kind:
    """How to read the text of a query parameter."""

    __slots__ = ("is_list", "is_text", "type")

    def __init__(self, kind: Any) -> None:
        members = _members_of(inspect.type_info(kind))
        self.type = kind
        self.is_list = any(isinstance(each, (inspect.CollectionType, inspect.VarTupleType)) for each in members)
        self.is_text = any(isinstance(each, inspect.StrType) for each in members)

    def read(self, text: str) -> Any:
        """Convert a parameter's text; text that does not fit is returned as it is, and the decoder refuses it."""
        if self.is_text:
            return text
        try:
            return msgspec.to_builtins(msgspec.convert(text, self.type, strict=False))
        except msgspec.ValidationError:
            return text


def _kinds(row: AnyMethod) -> dict[str, _Kind]:
    """The kinds of a row's parameters, by their names on the wire."""
    return {field.encode_name: _Kind(field.type) for field in msgspec.structs.fields(row.params)}


def _members_of(info: inspect.Type) -> tuple[inspect.Type, ...]:
    if isinstance(info, inspect.Metadata):
        return _members_of(info.type)
    return info.types if isinstance(info, inspect.UnionType) else (info,)


_TEXT = _Kind(str)
