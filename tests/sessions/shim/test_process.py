"""Descendants of a process, and the tag in an environment."""

from hypothesis import given
from hypothesis import strategies as st

from maestrod.sessions.shim.process import Process, carries_tag, descendants, tag_of


def test_a_tag_is_a_whole_entry() -> None:
    tag = tag_of("/a", 1)
    assert carries_tag(b"X=1\0MAESTRO_CUSTODY=/a#1\0", tag)
    assert not carries_tag(b"MAESTRO_CUSTODY=/a#10\0", tag)
    assert not carries_tag(b"NOT_MAESTRO_CUSTODY=/a#1\0", tag)
    assert not carries_tag(b"", tag)


@given(st.dictionaries(st.integers(2, 40), st.tuples(st.integers(1, 40), st.booleans()), max_size=30))
def test_descendants_are_the_living_processes_below_the_roots_even_with_cycles(
    rows: dict[int, tuple[int, bool]],
) -> None:
    table = {pid: Process(pid, parent, 1, "0", alive) for pid, (parent, alive) in rows.items()}
    found = descendants(table, {1})
    for pid, process in table.items():
        chain, node = set(), pid
        while node in table and node not in chain:
            chain.add(node)
            node = table[node].parent
        assert (pid in found) == (process.alive and node == 1)
