"""Writes skills as folders that agents read themselves: ``<name>/SKILL.md`` with frontmatter (the Agent Skills format).

They go into the session's own folder, which the agent is pointed to, so nothing is written into the project or the
user's files. Names are converted to the format's: 1 to 64 lower-case letters, digits and hyphens, equal to the folder's.
"""

import re
from collections.abc import Iterable

from maestrod.agents.kit.json_lines import one_line
from maestrod.core.prompts.manifest import ManifestSkill

#: The format's limits: characters of a name and of a description (agentskills.io).
NAME = 64
DESCRIPTION = 1024


def skill_files(skills: Iterable[ManifestSkill], folder: str) -> dict[str, str]:
    """The files for a launch plan: path below the session's folder, to text. Of skills with equal names the first wins."""
    files: dict[str, str] = {}
    for skill in skills:
        name = folder_name(skill.name)
        if name:
            files.setdefault(f"{folder}/{name}/SKILL.md", skill_page(skill))
    return files


def folder_name(name: str) -> str:
    """Convert a skill's name to the format; empty when none of its characters can be used."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower())[:NAME].strip("-")


def skill_page(skill: ManifestSkill) -> str:
    """The text of ``SKILL.md``. The description is a folded block, in which no character is special."""
    head = (
        "---",
        f"name: {folder_name(skill.name)}",
        "description: >-",
        f"  {one_line(skill.description, DESCRIPTION) or skill.name}",
        "---",
    )
    beside = (
        f"\nThe skill's own folder, with whatever its instructions refer to: `{skill.path}`\n" if skill.path else ""
    )
    return "\n".join([*head, "", skill.instructions.strip("\n"), beside])
