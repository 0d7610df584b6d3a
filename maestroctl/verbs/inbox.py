"""``maestroctl inbox``: the open questions."""

from maestroctl.client.caller import Caller
from maestroctl.output import answer, answer_json
from maestroctl.verbs.options import Json


def command(*, as_json: Json = False) -> int:
    """List open questions, oldest first, and how to answer each."""
    import time

    from maestroctl.show.questions import lines

    with Caller.of_this_process().client() as client:
        page = client.raw("attention.list", {"limit": 1000})
        items = page.get("items", ())
        sessions = client.raw("session.list", {"live": True, "limit": 1000}).get("items", ()) if items else ()
    if as_json:
        answer_json(page)
        return 0
    if not items:
        answer("No open questions.")
    asking = {session["id"]: session for session in sessions}
    now = int(time.time() * 1000)
    for place, question in enumerate(items):
        for line in ("",) * bool(place) + tuple(lines(question, asking.get(question["sessionId"]), now)):
            answer(line)
    return 0
