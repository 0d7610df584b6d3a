"""Ordered sets of ids by key: a dict of dicts whose values do not matter, because dicts keep the order of insertion."""

Links = dict[str, dict[str, None]]


def add_link(links: Links, key: str, value: str) -> None:
    """Add ``value`` under ``key``; once is enough."""
    values = links.get(key)
    if values is None:
        values = links[key] = {}
    values[value] = None


def drop_link(links: Links, key: str, value: str) -> None:
    """Remove ``value`` under ``key``, and the key with its last value."""
    values = links.get(key)
    if values is not None:
        values.pop(value, None)
        if not values:
            del links[key]
