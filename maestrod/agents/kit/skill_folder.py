"""Skills as the folders agents read themselves: ``<name>/SKILL.md`` with frontmatter (the Agent Skills format).

The session's own folder gets them and the agent is pointed there, so nothing is written into the project or the user's
files. Names are made what the format asks for: 1 to 64 lower-case letters, digits and hyphens, equal to the folder's.
"""

import re
from collections.abc import Iterable

from maestrod.agents.kit.json_lines import one_line
from maestrod.core.prompts.manifest import ManifestSkill

#: The format's limits: characters of a name and of a description (agentskills.io).
NAME = 64
DESCRIPTION = 1024


def skill_files(skills: Iterable[ManifestSkill], folder: str) -> dict[str, str]:
    """Files for a launch plan: path below the session's folder, to text. Of two skills with one name the first counts."""
    files: dict[str, str] = {}
    for skill in skills:
        name = folder_name(skill.name)
        if name:
            files.setdefault(f"{folder}/{name}/SKILL.md", skill_page(skill))
    return files


def folder_name(name: str) -> str:
    """A skill's name as the format wants it; empty when nothing of it can be used."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower())[:NAME].strip("-")


def skill_page(skill: ManifestSkill) -> str:
    """``SKILL.md``. The description is a folded block, in which no character means anything but itself."""
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
