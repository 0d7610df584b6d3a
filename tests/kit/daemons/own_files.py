"""A data folder with a file at every path that the code of the daemon names."""

from pathlib import Path

from maestroctl.client.autostart import _START_LOG, LOG
from maestrod.api.local.daemon_lock import LOCK_FILE
from maestrod.api.model.ids import make_id
from maestrod.store.layout import FOLDERS, Layout
from maestrod.transport.bridge import certificate, port, remote_port

ID = make_id("tsk", 1, 2)
SESSION = make_id("ses", 1, 3)


def made(folder: Path) -> list[Path]:
    """A file at every path that the code of the daemon names."""
    layout = Layout(folder)
    backup = Layout(folder / "backup" / "format-1-2")
    files = [layout.format, layout.snapshot, layout.watermark, layout.journal / f"{1:020}.jsonl"]
    files += [backup.format, backup.snapshot, backup.watermark, backup.journal / f"{1:020}.jsonl"]
    files += [each.entity(kind, ID) for each in (layout, backup) for kind in FOLDERS]
    files += [layout.timeline(SESSION, None), layout.timeline(None, ID), layout.archive / f"{ID}.jsonl"]
    files += [layout.quarantine / "format.1", layout.quarantine / "format.1.reason.txt"]
    files += [folder / name for name in (LOCK_FILE, LOG, f"{LOG}.1", _START_LOG, port.LAST_FILE, ".format.tmp")]
    files += [folder / remote_port.FOLDER / name for name in (certificate.CERTIFICATE, certificate.KEY)]
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return files
