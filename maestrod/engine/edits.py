"""Takes in the entity files that users edited while no daemon was running. Each edit is a fact, decided like any other."""

import logging

import msgspec
import trio

from maestrod.api.errors import MaestroError
from maestrod.core.values.facts import Edited
from maestrod.engine.engine import Engine
from maestrod.engine.ports import EditableFiles, EditT

log = logging.getLogger(__name__)

#: Seconds that taking in edits may delay a stop.
EDITS_SECONDS = 10.0


async def read_spool(files: EditableFiles[EditT], engine: Engine) -> None:
    """Apply what users edited, even if the daemon is asked to stop meanwhile. A refused edit is logged and its file restored."""
    with trio.move_on_after(EDITS_SECONDS, shield=True):
        found = await trio.to_thread.run_sync(files.scan_edits)
        for warning in found.warnings:
            log.warning("store: %s", warning)
        for edit in found.edits:
            try:
                await engine.submit(Edited(edit.kind, edit.id, msgspec.json.encode(edit.entity)))
            except MaestroError as error:
                log.warning("an edit was not accepted: %s", await _put_back(files, edit, error.message))


async def _put_back(files: EditableFiles[EditT], edit: EditT, reason: str) -> str:
    try:
        return await trio.to_thread.run_sync(files.refuse_edit, edit, reason)
    except OSError as error:
        return f"{edit.path}: {reason} (and the file can no longer be read: {error.strerror})"
