"""``maestroctl thaw``: after the emergency stop."""

from maestroctl.verbs.hold import act_on_all
from maestroctl.verbs.options import Json


def command(*, as_json: Json = False) -> int:
    """Go on after an emergency stop."""
    return act_on_all("system.thaw", {}, "Thawed: everything goes on.", as_json=as_json)
