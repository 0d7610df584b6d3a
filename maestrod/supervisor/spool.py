"""The spool: events that hooks could not deliver because no daemon was running. The next start takes each in once."""

import logging
from collections.abc import Sequence
from pathlib import Path

import msgspec

from maestrod.api.errors import MaestroError, Unavailable
from maestrod.api.event import EVENT_REPORT, EventReport
from maestrod.api.local import plain_file
from maestrod.api.text.outside_text import decode_repaired
from maestrod.core.access.session_token import read_token
from maestrod.core.values.command import OWNER, Command
from maestrod.engine.engine import Engine, Ticket
from maestrod.engine.hook import hook_command
from maestrod.engine.ports import HookReader

log = logging.getLogger(__name__)

_event = msgspec.json.Decoder(EventReport)

#: Maximum size of a hook's event in bytes; longer files are not our events.
FILE_LIMIT = 1 << 20


async def read_spool(folder: Path, engine: Engine, token_key: bytes, read_hook: HookReader) -> int:
    """Hand every spooled event to the engine, oldest first; returns how many were taken.

    The events share one or two flushes. A file is removed once its event is durable or was refused for good; ``eventId``
    makes a crash in between harmless. A file that cannot be read or removed stays and is tried again at the next start.
    """
    tickets: list[tuple[Path, Ticket]] = []
    for path in _files(folder):
        try:
            tickets.append((path, await engine.take(_command(path, token_key, read_hook))))
        except Unavailable as error:
            log.warning("spooled events have to wait: %s", error.message)
            break
        except OSError as error:
            log.warning("spooled event %s cannot be read: %s", path.name, error)
        except (MaestroError, msgspec.MsgspecError, ValueError) as error:
            log.warning("spooled event %s is discarded: %s", path.name, error)
            _remove(path)
    return await _remove_durable(tickets)


async def _remove_durable(tickets: Sequence[tuple[Path, Ticket]]) -> int:
    for number, (path, ticket) in enumerate(tickets):
        try:
            await ticket.wait_done()
        except MaestroError as error:
            log.warning("spooled events have to wait: %s", error.message)
            return number
        _remove(path)
    return len(tickets)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("spooled event %s is taken but cannot be removed: %s", path.name, error)


def _files(folder: Path) -> list[Path]:
    """The spooled files, oldest first: their names begin with the time."""
    return sorted(folder.glob("*.json")) if folder.is_dir() else []


def _command(path: Path, token_key: bytes, read_hook: HookReader) -> Command:
    if path.stat().st_size > FILE_LIMIT:
        raise ValueError(f"longer than {FILE_LIMIT} bytes")
    params = decode_repaired(_event.decode, plain_file.read(path, FILE_LIMIT))
    actor = OWNER if params.session_token is None else read_token(token_key, params.session_token)
    repeatable = msgspec.structs.replace(params, request_id=params.request_id or params.event_id or path.stem)
    return hook_command(read_hook, EVENT_REPORT.name, repeatable, actor)
