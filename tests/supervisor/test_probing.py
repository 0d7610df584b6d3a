"""Checking a silent agent: by its output, its processor time and its title."""

from pathlib import Path
from typing import cast

import pytest
import trio
from trio.testing import MockClock

from maestrod.core.values.effects import Probe
from maestrod.core.values.facts import Fact, Probed
from maestrod.core.values.signs import ScreenShown, Sign
from maestrod.sessions.custody import Custody
from maestrod.sessions.fake_machine import FakeMachine, Lifetime
from maestrod.supervisor import probing
from tests.kit.parts.supervised import house


async def at_once(function: object, pid: int) -> float:
    await trio.lowlevel.checkpoint()
    return pid / 1e9 if callable(function) else 0.0


async def look(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    output: tuple[tuple[float, bytes], ...],
    used: float,
    screen: tuple[Sign, ...],
) -> Probed:
    seconds = iter((10.0, 10.0 + used))

    async def processor(function: object, pid: int) -> float:
        await trio.lowlevel.checkpoint()
        return next(seconds)

    monkeypatch.setattr(probing, "in_thread", processor)
    async with house(tmp_path, FakeMachine(lambda spec: Lifetime(output=output))) as parts:
        session = await parts.spawn()
        launched = await parts.until_launched(session.id)
        return await probing.probe(cast(Custody, parts.custody), launched, screen)


@pytest.mark.parametrize(
    "output, used, screen, busy",
    [
        ((), 0.0, (), False),
        (((2.0, b"thinking"),), 0.0, (), True),
        ((), 1.0, (), True),
        ((), 0.01, (), False),
        (((2.0, b"a clock"),), 0.0, (ScreenShown(False),), False),
        (((2.0, b"a spinner"),), 0.0, (ScreenShown(True),), True),
        ((), 1.0, (ScreenShown(False),), True),
    ],
)
async def test_output_or_work_is_a_sign_of_life(
    tmp_path: Path,
    autojump_clock: MockClock,
    monkeypatch: pytest.MonkeyPatch,
    output: tuple[tuple[float, bytes], ...],
    used: float,
    screen: tuple[Sign, ...],
    busy: bool,
) -> None:
    found = await look(tmp_path, monkeypatch, output, used, screen)
    assert found.busy is busy
    assert f"used {used:.1f} s of processor time" in found.detail
    assert ("title says that it is idle" in found.detail) is (ScreenShown(False) in screen)


async def test_findings_are_reported_unless_the_session_has_ended(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, FakeMachine()) as parts:
        session_id = await parts.come_up()
        facts: list[Fact] = []

        async def record(fact: Fact) -> None:
            facts.append(fact)

        monkeypatch.setattr(probing, "in_thread", at_once)
        monkeypatch.setattr(parts.engine, "record", record)
        for effect in (Probe(session_id, 1), Probe(session_id, 2), Probe("ses_none", 1)):
            parts.want(effect)
        await trio.sleep(10)
        assert [(type(fact), fact.session_id) for fact in facts if isinstance(fact, Probed)] == [(Probed, session_id)]
