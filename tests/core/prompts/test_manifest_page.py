"""The page an agent reads: two golden files, and its limits.

After an intended change of the page, ``MAESTRO_GOLDEN=1 pytest tests/core/prompts/test_manifest_page.py`` writes the files again; read them.
"""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.session import Role
from maestrod.api.task import Strategy, TaskStatus
from maestrod.core.prompts.manifest import Manifest, ManifestLink, ManifestPersona, ManifestSkill, Sibling
from maestrod.core.prompts.manifest_page import PAGE_LIMIT, TEXT_LIMIT, cut, fenced, manifest_md
from tests.core.prompts.manifests import context, manifest, task

GOLDEN = Path(__file__).parent / "golden"
WRITES = os.environ.get("MAESTRO_GOLDEN") == "1"  # read before the fixture that hides such variables


def link(name: str, status: TaskStatus = TaskStatus.IN_PROGRESS, summary: str = "") -> ManifestLink:
    return ManifestLink(id=f"tsk_{name}", title=name, status=status, summary=summary)


def worker() -> Manifest:
    return manifest(
        goals=(link("Ship it"), link("Checks")),
        goal_prompt="Ship the release, carefully.",
        persona=ManifestPersona(name="bug-hunter", description="", prompt="You hunt bugs."),
        tasks=(
            task(
                "tsk_a",
                "ruff check .",
                "mypy",
                title="Style and types",
                description="Everything must be clean.",
                initial_prompt="Do not change the settings.",
                checks=("git diff --exit-code",),
                paths=("src/**", "tests"),
                waits_for=(link("setup", TaskStatus.COMPLETED, "the environment is there"),),
            ),
            task(
                "tsk_b",
                title="Tests",
                attempt=2,
                last_error="command ended with exit code 1: pytest\n```\nE  boom\n```",
            ),
        ),
        siblings=(Sibling(session_id="ses_2", name="Docs", status="working", tasks=(link("write the docs"),)),),
        skills=(ManifestSkill(name="maestro-worker", description="How to work.", instructions="# Work\n\nReport."),),
    )


def orchestrator() -> Manifest:
    return manifest(
        role=Role.ORCHESTRATOR, tasks=(task("tsk_root", title="Check it"),), goals=(link("Check it"),),
        goal_prompt="Check it, all of it", program=("./plan",), context=context(),
    )  # fmt: skip


@pytest.mark.parametrize("name, manifest", [("worker", worker()), ("orchestrator", orchestrator())])
def test_the_page_matches_its_golden_file(name: str, manifest: Manifest) -> None:
    path = GOLDEN / f"manifest-{name}.md"
    if WRITES:
        path.write_text(manifest_md(manifest), "utf-8")
    assert manifest_md(manifest) == path.read_text("utf-8")


def test_a_queue_worker_is_instructed_to_claim() -> None:
    assert "Your tasks are in a queue" in manifest_md(manifest(strategy=Strategy.QUEUE))


def test_a_full_page_still_names_every_task_and_skill() -> None:
    tasks = tuple(task(f"tsk_{number}", description="d" * TEXT_LIMIT * 2) for number in range(30))
    skills = tuple(
        ManifestSkill(name=f"s{number}", description="", instructions="i" * TEXT_LIMIT) for number in range(5)
    )
    page = manifest_md(manifest(tasks=tasks, skills=skills))
    assert len(page) < PAGE_LIMIT + 10_000
    assert all(f"`tsk_{number}`" in page for number in range(30))
    assert "`maestroctl task get tsk_29`" in page and "`maestroctl skill get s4`" in page
    assert "characters left out" in page


def test_many_siblings_are_counted() -> None:
    siblings = tuple(Sibling(session_id=f"ses_{n}", name="s", status="idle", tasks=()) for n in range(80))
    assert "and 30 more" in manifest_md(manifest(siblings=siblings))


def test_a_long_text_is_shortened_with_the_number_of_characters_left_out() -> None:
    assert cut("abc\n", 3) == "abc" and cut("abcd", 3) == "abc\n… (1 characters left out)"


@given(st.text(alphabet="`a\n"))
def test_a_fence_is_longer_than_anything_in_it(text: str) -> None:
    first, *inner, last = fenced(text).split("\n")
    assert set(first) == {"`"} and last == first and "\n".join(inner) == text and first not in text
