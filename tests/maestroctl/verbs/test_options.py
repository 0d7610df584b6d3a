"""Common options mean the same in every verb."""

from maestroctl.app import load
from maestroctl.commands import VERBS

#: Verbs that print no answer, answer in raw bytes or leave the printing to maestrod.
WITHOUT_JSON = {"attach", "completion", "event report", "event subscribe", "store export", "store import"}


def test_every_verb_takes_json() -> None:
    without = set()
    for name in VERBS:
        command = load(name)
        for verb, leaf in (getattr(command, "commands", None) or {"": command}).items():
            if "--json" not in {option for param in leaf.params for option in param.opts}:
                without.add(f"{name} {verb}".strip())
    assert without == WITHOUT_JSON


def test_every_json_option_says_the_same() -> None:
    texts = {param.help for name in VERBS for param in getattr(load(name), "params", ()) if "--json" in param.opts}
    assert texts == {"Print the result as one JSON document."}
