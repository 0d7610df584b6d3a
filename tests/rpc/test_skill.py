"""Skills, personas and agents, as a project sees them."""

import trio

from tests.kit.parts.rpc_parts import Caller, FixedCatalog, parts


async def test_skills_are_for_a_role_or_for_all(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    page = await caller.call("skill.list", {"role": "worker"})
    assert [skill["name"] for skill in page["items"]] == ["everyone", "worker"]
    assert page["warnings"] == ["broken: no manifest"]
    assert len((await caller.call("skill.list"))["items"]) == 3


async def test_skills_and_personas_are_searched_in_the_projects_folder(nursery: trio.Nursery) -> None:
    catalog = FixedCatalog()
    caller = Caller(parts(catalog=catalog), nursery)
    project = await caller.project()
    await caller.call("skill.list", {"projectId": project})
    await caller.call("persona.list", {"projectId": project})
    await caller.call("skill.get", {"name": "worker"})
    assert catalog.folders == ["/shop", "/shop", None]
    assert (await caller.refused("skill.list", {"projectId": "prj_none"}))["code"] == 404


async def test_one_skill_is_shown(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    assert (await caller.call("skill.get", {"name": "worker"}))["instructions"] == "work"
    assert (await caller.refused("skill.get", {"name": "none"}))["data"]["code"] == "skill.not_found"


async def test_reload_reads_the_catalogue_again(nursery: trio.Nursery) -> None:
    catalog = FixedCatalog()
    caller = Caller(parts(catalog=catalog), nursery)
    assert len((await caller.call("skill.reload"))["items"]) == 3
    assert catalog.reloads == 1


async def test_personas_and_agents_are_listed(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    for method, name in (("persona.list", "architect"), ("agent.list", "shell")):
        assert [item["name"] for item in (await caller.call(method))["items"]] == [name]
