"""Rows and the functions of the core that implement them."""

import pytest

from maestrod.api.session import SESSION_PAUSE
from maestrod.api.system import SYSTEM_FREEZE, SYSTEM_THAW
from maestrod.core.session import session_rules
from maestrod.core.values.command import OWNER, Actor
from maestrod.core.work import pause
from maestrod.core.world.binding import by_method, handled_rule, owner_rule, rule
from maestrod.core.world.draft import Draft


def test_a_rule_without_an_access_check_belongs_to_an_owner_method() -> None:
    with pytest.raises(RuntimeError, match=r"session\.pause is not for the owner only"):
        owner_rule(SESSION_PAUSE, lambda draft, params: session_rules.pause_(draft, params, OWNER))


def test_a_method_with_two_rules_stops_the_start() -> None:
    with pytest.raises(RuntimeError, match=r"system\.freeze is bound twice"):
        by_method((owner_rule(SYSTEM_FREEZE, pause.freeze), owner_rule(SYSTEM_FREEZE, pause.freeze)))
    assert by_method((owner_rule(SYSTEM_THAW, pause.thaw),)).keys() == {"system.thaw"}


def test_a_reply_is_decoded_to_what_the_rule_returned() -> None:
    def number(draft: Draft, params: object, actor: Actor) -> int:
        return 7

    assert rule(SESSION_PAUSE, session_rules.pause_).reply is SESSION_PAUSE.result
    assert handled_rule(SESSION_PAUSE, number, int).reply is int
