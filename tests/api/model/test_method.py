"""A method row: its noun and verb, and the routes it can have."""

from maestrod.api.model import method
from maestrod.api.model.base import Done, Params
from maestrod.api.model.method import Access, Method, Route


def test_the_name_consists_of_noun_and_verb() -> None:
    row = Method("system.stop", Params, Done, Access.OWNER, method.post("/api/stop"), "Stop the daemon")
    assert (row.noun, row.verb) == ("system", "stop")


def test_routes_by_their_verbs() -> None:
    made = [make("/x") for make in (method.get, method.post, method.patch, method.delete)]
    assert made == [Route("GET", "/x"), Route("POST", "/x"), Route("PATCH", "/x"), Route("DELETE", "/x")]
