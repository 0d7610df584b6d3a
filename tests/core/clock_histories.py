"""The part of the random histories that clocks make: they are set, and the machine sleeps; see ``test_decide.py``."""

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import rule

from maestrod.api.attention import AttentionKind
from maestrod.api.system import ClockMark
from maestrod.core.values.command import Command
from maestrod.core.values.facts import ClockMoved, Fact
from maestrod.core.world.world import World


class ClockHistories:
    """A rule for a machine that has ``play``, which decides half a second later."""

    world: World
    at: int
    id_time: int

    play: Callable[[Command | Fact], Any]

    @rule(step=st.integers(-1_000_000, 1_000_000), slept=st.sampled_from([0, 0, 600_000]))
    def clock_moves(self, step: int, slept: int) -> None:
        """Somebody sets the clock, or the machine sleeps: every wait keeps its length, or goes on in the world outside."""
        step = max(step, 1_000_000 - self.at)
        guessed = {
            id_
            for id_, each in self.world.sessions.items()
            if each.wait is not None and (each.wait.guessed or each.wait.is_length)
        }
        left = {key: at - self.at for key, at in self.world.deadlines.items()}
        self.at += step + slept
        mark = ClockMark(boot="b", ahead=self.at - self.id_time, asleep=slept)
        self.play(ClockMoved(mark, step, slept))
        after = {key: at - self.at + 500 for key, at in self.world.deadlines.items()}
        assert after.keys() == left.keys()
        for key, length in left.items():
            what, id_ = key
            if what == "stall" and slept:
                assert after[key] - 500 == self.world.policy.traits(self.world.sessions[id_].agent).stall_ms
            elif what == "retry" or (what == "wake" and id_ in guessed):
                assert after[key] == length - slept, key
            elif what == "wake":
                assert after[key] == length - step - slept, key
            elif what == "answer" and self.world.attention[id_].kind is AttentionKind.LIMIT:
                assert after[key] == length - slept, key
            elif what != "limit":
                assert after[key] == length, key
