"""``maestroctl inbox``: what waits for a person."""

from maestroctl.caller import Caller
from maestroctl.output import answer, answer_json, say
from maestroctl.verbs.options import Json
from maestrod.api.attention import AttentionPage


def command(*, as_json: Json = False) -> int:
    """List what waits for you, oldest first."""
    import msgspec

    from maestroctl.render import render

    with Caller.here().client() as client:
        page = client.raw("attention.list", {"limit": 1000})
    if as_json:
        answer_json(page)
    elif not page.get("items"):
        answer("Nothing waits for you.")
    else:
        for line in render(msgspec.convert(page, AttentionPage)):
            answer(line)
        say("Answer with: maestroctl answer ID VALUE")
    return 0
