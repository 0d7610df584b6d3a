"""How a status is shown. All views use this: the terminal its sign and tone, the page its icon and tone."""

import enum
from collections.abc import Mapping
from typing import NamedTuple


class Tone(enum.Enum):
    """The meaning of a status's colour; each view has its own colours."""

    QUIET = "quiet"
    RUNNING = "running"
    WAITING = "waiting"  #: for a person
    DONE = "done"
    FAILED = "failed"


class Look(NamedTuple):
    """How views show a status. No information depends on colour: sign and icon differ too.

    ``sign`` is one cell wide in every font; ``icon`` is a name in ``page/js/ui/icons.js``; ``label`` replaces the word on the page.
    """

    sign: str
    icon: str
    tone: Tone
    label: str = ""


#: Looks that replace that of a live session or run: it asks the user, is paused, or waits for the end of a usage limit.
OVERLAYS: Mapping[str, Look] = {
    "asks": Look("?", "question", Tone.WAITING, label="needs you"),
    "paused": Look("‖", "paused", Tone.WAITING, label="paused"),
    "limited": Look("…", "paused", Tone.WAITING, label="usage limit"),
}

#: The look of a status that this version does not know.
UNKNOWN = Look("•", "pending", Tone.QUIET)
