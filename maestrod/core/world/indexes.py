"""Ordered sets of ids by key. They are dicts with unused values, because dicts keep insertion order."""

Links = dict[str, dict[str, None]]


def add_link(links: Links, key: str, value: str) -> None:
    """Add ``value`` under ``key``, unless it is there already."""
    values = links.get(key)
    if values is None:
        values = links[key] = {}
    values[value] = None


def drop_link(links: Links, key: str, value: str) -> None:
    """Remove ``value`` under ``key``, and the key along with its last value."""
    values = links.get(key)
    if values is not None:
        values.pop(value, None)
        if not values:
            del links[key]
