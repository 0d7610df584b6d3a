"""Launch requests for tests."""

from pathlib import Path
from typing import Any

from maestrod.agents.adapter import LaunchRequest
from maestrod.api.session import Role, Session, SessionStatus
from tests.core.prompts.manifests import manifest

#: The programs and templates of this checkout.
HOOKS = Path(__file__).parent.parent.parent / "hooks"


def request(environ: dict[str, str] | None = None, passed: tuple[str, ...] = (), **members: Any) -> LaunchRequest:
    """A request for session ``ses_1``; ``members`` are the session's, or the manifest's ``skills`` and ``context``."""
    described = {name: members.pop(name) for name in ("context", "skill_list") if name in members}
    defaults = {"role": Role.WORKER, "agent": "shell", "status": SessionStatus.SPAWNING, "attempt": 2}
    known: dict[str, Any] = {**defaults, **members}
    return LaunchRequest(
        session=Session(id="ses_1", project_id="prj_1", name="Checks", **known),
        manifest=manifest(context=described.get("context"), skills=described.get("skill_list", ())),
        folder=Path("/data/sessions/ses_1"),
        socket=Path("/run/maestrod.sock"),
        hooks=Path("/hooks"),
        token="ses_1.2.secret",
        environ=environ or {},
        passed=passed,
    )
