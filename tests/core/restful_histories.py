"""What the random histories promise of rest: after a decision nothing is left that would follow from it, and an end stays; see ``test_decide.py``."""

from hypothesis.stateful import invariant

from maestrod.api.session import Session
from maestrod.core.rest import come_to_rest
from maestrod.core.values.command import Stamp
from maestrod.core.world.draft import Draft
from maestrod.core.world.world import World
from tests.kit.worlds import laws


class RestfulHistories:
    """Invariants for a machine that decides."""

    world: World
    at: int
    id_time: int
    ended: dict[str, Session]

    @invariant()
    def the_world_is_at_rest(self) -> None:
        again = Draft(self.world, Stamp(self.at, self.id_time, 0))
        again.dirty.update(dict.fromkeys(self.world.tasks))
        again.at_turn.update(dict.fromkeys(self.world.by_session.live))
        come_to_rest(again)
        assert [(event.type, event.data) for event in again.events] == [], "something was left to follow"

    @invariant()
    def what_ended_stays_as_it_is(self) -> None:
        for id_, session in self.world.sessions.items():
            if session.status in laws.ENDED:
                assert self.ended.setdefault(id_, session) == session
