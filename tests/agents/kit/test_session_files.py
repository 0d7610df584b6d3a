"""The files that every agent finds in its session's folder."""

import json

from maestrod.agents.kit.session_files import CONTEXT, session_files
from tests.core.prompts.manifests import manifest


def test_the_manifest_is_written_for_programs_and_for_the_agent() -> None:
    files = session_files(manifest())
    assert files.keys() == {"manifest.json", "manifest.md"}
    assert json.loads(files["manifest.json"])["session"]


def test_the_context_file_has_the_name_the_prompt_uses() -> None:
    assert CONTEXT == "task-context.json"
