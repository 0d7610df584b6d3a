"""What a status looks like. Every view draws it from here: the terminal by sign and tone, the page by icon and tone."""

import enum
from collections.abc import Mapping
from typing import NamedTuple


class Tone(enum.Enum):
    """What the colour of a status says; each view has its own colours."""

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


#: What replaces the look of a status that has not ended: it asks a person, it is paused, or it waits for a usage limit.
OVERLAYS: Mapping[str, Look] = {
    "asks": Look("?", "question", Tone.WAITING, label="needs you"),
    "paused": Look("‖", "paused", Tone.WAITING, label="paused"),
    "limited": Look("…", "paused", Tone.WAITING, label="usage limit"),
}

#: The look of a status that this version does not know.
UNKNOWN = Look("•", "pending", Tone.QUIET)
