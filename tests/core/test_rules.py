"""Every method that changes something, and every fact, has its rule."""

from maestrod.api.model.method import Access
from maestrod.api.protocol.registry import METHODS
from maestrod.api.session import Session
from maestrod.api.token import TokenInfo
from maestrod.core.rules import FACTS, RULES
from maestrod.core.values.facts import Fact


def test_every_fact_has_its_rule() -> None:
    assert set(FACTS) == set(Fact.__subclasses__())


def test_reading_methods_have_no_rule() -> None:
    assert [name for name in RULES if METHODS[name].access is Access.READ] == []


def test_a_rule_replies_with_the_result_of_its_method_unless_a_handler_makes_it() -> None:
    others = {name: rule.reply for name, rule in RULES.items() if rule.reply != METHODS[name].result}
    assert others == {"session.stop": Session, "token.create": TokenInfo}
