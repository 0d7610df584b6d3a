"""Query parameters that do not belong to a method."""

from urllib.parse import parse_qs

#: Maximum number of parameters in a query; no client needs more.
_MEMBERS = 20


def parameter(query: str, name: str) -> str | None:
    """The value of a parameter; None when it is missing or the query has too many parameters. Never raises."""
    try:
        return parse_qs(query, keep_blank_values=True, max_num_fields=_MEMBERS).get(name, [None])[-1]
    except ValueError:
        return None
