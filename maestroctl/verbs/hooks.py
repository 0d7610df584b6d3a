"""``maestroctl hooks install|show|remove``: hooks for agents that you start yourself, in your own or a project's settings."""

import os
import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from maestroctl.install.hook_commands import best_form
from maestroctl.install.hook_install import (
    HookState,
    Recipe,
    Settings,
    agents_with_hooks,
    filled,
    read_recipe,
    settings_path,
)
from maestroctl.output import answer, answer_json, say
from maestroctl.verbs.options import Json
from maestrod.api.errors import Malformed
from maestrod.api.local.address import paths_of
from maestrod.api.local.package_data import package_data
from maestrod.api.local.program_links import link_hooks

Agent = Annotated[str, typer.Option("--agent", help="The agent that calls the hooks.")]
Project = Annotated[
    str | None,
    typer.Option("--project", help="Use the settings of this folder. Defaults to your own settings, for all folders."),
]


def install(
    *,
    agent: Agent,
    project: Project = None,
    decide: Annotated[
        bool, typer.Option("--decide", help="Send permission requests to the inbox and wait for the answer.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Install hooks in an agent's settings, beside the existing ones.

    maestrod then follows sessions that you start by hand. Sessions that maestrod starts do not need hooks installed. The
    original file is kept: hooks remove restores it.
    """
    hooks = package_data("hooks")
    recipe = read_recipe(hooks, agent)
    if decide and recipe.plugin:
        raise Malformed(
            "usage", f"--decide: {agent} asks in its own window; only sessions that maestrod starts use the inbox"
        )
    where = paths_of(os.environ)
    hooks = link_hooks(where.data / "programs", hooks)
    form = best_form(hooks, where.socket)
    state = _settings(agent, recipe, project).install(filled(hooks, agent, recipe, form, decide=decide), form)
    if as_json:
        answer_json(_shown(agent, state))
        return 0
    answer(f"{state.path}: {_told(state)}")
    if recipe.note:
        say(recipe.note)
    option = "" if project is None else f" --project {shlex.quote(project)}"
    say(
        f"To remove it before you uninstall maestrod: maestroctl hooks remove --agent {agent}{option}, or maestroctl uninstall for everything"
    )
    return 0


def show(
    *,
    agent: Annotated[str | None, typer.Option("--agent", help="Show only this agent.")] = None,
    project: Project = None,
    as_json: Json = False,
) -> int:
    """Show whether hooks are installed, and where."""
    hooks = package_data("hooks")
    names = [agent] if agent is not None else agents_with_hooks(hooks)
    states = [(name, _settings(name, read_recipe(hooks, name), project).state()) for name in names]
    if as_json:
        answer_json({"items": [_shown(name, state) for name, state in states]})
        return 0
    for name, state in states:
        answer(f"{name}  {state.path}  {_told(state)}")
    return 0


def remove(*, agent: Agent, project: Project = None, as_json: Json = False) -> int:
    """Remove the hooks from an agent's settings.

    The file is restored to what it was.
    """
    settings = _settings(agent, read_recipe(package_data("hooks"), agent), project)
    removed = settings.remove()
    if as_json:
        answer_json({"agent": agent, "path": str(settings.path), "removed": removed})
    else:
        answer(f"{settings.path}: {'hooks removed' if removed else 'no hooks installed'}")
    return 0


COMMANDS = {"install": install, "show": show, "remove": remove}


def _settings(agent: str, recipe: Recipe, project: str | None) -> Settings:
    folder = None
    if project is not None:
        folder = Path(project).resolve()
        if not folder.is_dir():
            raise Malformed("usage", f"--project: {project} is not a folder")
    return Settings(agent, recipe, settings_path(recipe, folder, os.environ), paths_of(os.environ).data / "hooks")


def _told(state: HookState) -> str:
    if state.problem:
        return f"{'installed, but' if state.events else 'cannot be read'}: {state.problem}"
    if not state.events:
        return "not installed"
    changed = "; the file has changed since" if state.edited else ""
    if state.events == ("plugin",):
        return f"plugin installed{changed}"
    return f"{len(state.events)} hooks installed{f' ({state.form})' if state.form else ''}{changed}"


def _shown(agent: str, state: HookState) -> dict[str, Any]:
    return {
        "agent": agent,
        "path": str(state.path),
        "events": list(state.events),
        "form": state.form,
        "edited": state.edited,
        **({"problem": state.problem} if state.problem else {}),
    }
