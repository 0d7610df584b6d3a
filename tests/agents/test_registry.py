"""Every adapter is registered by its own name and can say whether it is there."""

from maestrod.agents.registry import ADAPTERS


def test_adapters_are_registered_by_their_names() -> None:
    assert {name: adapter.name for name, adapter in ADAPTERS.items()} == {name: name for name in ADAPTERS}
    assert "shell" in ADAPTERS


def test_every_adapter_says_whether_it_is_installed() -> None:
    for name, adapter in ADAPTERS.items():
        info = adapter.detect()
        assert info.name == name and info.description and info.available is (info.missing is None)
