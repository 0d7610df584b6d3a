"""The first prompt of an agent."""

from maestrod.api.session import Role
from maestrod.core.prompts.opening import opening
from tests.core.prompts.manifests import context, manifest, task


def test_a_worker_receives_its_manifest() -> None:
    text = opening(manifest(tasks=(task("tsk_a", checks=("make test",)),)), "/data/ses_1")
    assert "`tsk_a`" in text and "maestroctl task complete" in text and "make test" in text


def test_the_prompt_of_an_orchestrator_names_the_files_and_asks_for_a_plan_at_the_end() -> None:
    text = opening(manifest(role=Role.ORCHESTRATOR, context=context()), "/data/ses_1")
    assert "- `README.md`" in text and "one JSON document" in text


def test_a_prompt_too_long_for_its_channel_says_where_to_read_the_rest() -> None:
    long = manifest(tasks=(task("tsk_a", description="x" * 20_000),))
    text = opening(long, "/data/ses_1", limit=10_000)
    assert len(text) < 500 and "/data/ses_1/manifest.md" in text
