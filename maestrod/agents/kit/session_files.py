"""The files that every agent finds in its session's folder: the manifest as JSON and Markdown, a planner's task context."""

from maestrod.core.prompts.manifest import Manifest, context_json, manifest_json
from maestrod.core.prompts.manifest_page import manifest_md

#: The task context of a planner, beside its manifest.
CONTEXT = "task-context.json"


def session_files(manifest: Manifest) -> dict[str, str]:
    """The files for a launch plan: path below the session's folder, to text."""
    files = {"manifest.json": manifest_json(manifest), "manifest.md": manifest_md(manifest)}
    if manifest.context is not None:
        files[CONTEXT] = context_json(manifest.context)
    return files
