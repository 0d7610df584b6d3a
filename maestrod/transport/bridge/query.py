"""Words of a request's query that are no parameters of a method."""

from urllib.parse import parse_qs

#: Members of a query; more are nobody's need.
_MEMBERS = 20


def word(query: str, name: str) -> str | None:
    """The value of a member; None when it is not there or the query has more members than anybody needs. Never raises."""
    try:
        return parse_qs(query, keep_blank_values=True, max_num_fields=_MEMBERS).get(name, [None])[-1]
    except ValueError:
        return None
