"""Edited entity files become decisions; what the rules refuse is put back and reported."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from maestrod.api.model.base import Entity
from maestrod.api.project import Project, ProjectCreate
from maestrod.core.values.command import Command
from maestrod.core.world.world import World
from maestrod.engine import edits
from maestrod.engine.engine import Engine
from tests.kit.parts.engine_parts import FixedClock, HeldStore


@dataclass(frozen=True)
class Written:
    """A file that a user edited."""

    entity: Entity
    id: str
    kind: str = "project"
    path: Path = Path("projects/p.json")


@dataclass
class Files:
    """Edited files in memory."""

    edits: list[Written]
    warnings: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    problem: OSError | None = None

    def scan_edits(self) -> "Files":
        return self

    def refuse_edit(self, edit: Written, reason: str) -> str:
        if self.problem is not None:
            raise self.problem
        self.refused[edit.id] = reason
        return f"{edit.path} was put back: {reason}"


@pytest.fixture
def engine() -> Engine:
    return Engine(HeldStore(instant=True), World(), FixedClock(), lambda effect: None)


def project(engine: Engine) -> Project:
    made: Project = engine.execute(Command("project.create", ProjectCreate(name="shop", working_dir="/shop"))).reply
    return made


async def test_an_edit_changes_the_world_like_a_command(engine: Engine) -> None:
    old = project(engine)
    files = Files([Written(msgspec.structs.replace(old, name="store"), old.id)])
    await edits.read_spool(files, engine)
    assert engine.world.projects[old.id].name == "store" and files.refused == {}


async def test_a_refused_edit_is_put_back_and_the_next_one_is_taken(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    old = project(engine)
    unknown, valid = Written(old, "prj_none"), Written(msgspec.structs.replace(old, name="store"), old.id)
    files = Files([unknown, valid], warnings=["tasks/x.json is not JSON"])
    with caplog.at_level(logging.WARNING):
        await edits.read_spool(files, engine)
    assert list(files.refused) == ["prj_none"] and engine.world.projects[old.id].name == "store"
    assert "store: tasks/x.json is not JSON" in caplog.text and "there is no project 'prj_none'" in caplog.text


async def test_a_refused_edit_whose_file_is_gone_is_reported(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    files = Files([Written(project(engine), "prj_none")], problem=FileNotFoundError(2, "No such file or directory"))
    with caplog.at_level(logging.WARNING):
        await edits.read_spool(files, engine)
    assert "can no longer be read: No such file or directory" in caplog.text
