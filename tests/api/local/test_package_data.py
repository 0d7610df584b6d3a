"""The files that ship are found in a checkout and in a wheel."""

import tomllib
from pathlib import Path

import pytest

from maestrod.api.local import package_data


@pytest.mark.parametrize("name", package_data.NAMES)
def test_a_checkout_has_every_folder_that_ships(name: str) -> None:
    assert any(package_data.package_data(name).iterdir())


def test_an_installed_package_has_its_own_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "maestrod"
    (package / "_data" / "hooks").mkdir(parents=True)
    (package.parent / "hooks").mkdir()  # somebody else's folder of that name
    monkeypatch.setattr(package_data, "_PACKAGE", package)
    assert package_data.package_data("hooks") == package / "_data" / "hooks"


def test_the_wheel_contains_them_where_they_are_looked_for() -> None:
    checkout = package_data.package_data("hooks").parent
    project = tomllib.loads((checkout / "pyproject.toml").read_text("utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included == {name: f"maestrod/_data/{name}" for name in package_data.NAMES}


def test_a_folder_that_does_not_ship_is_refused() -> None:
    with pytest.raises(KeyError):
        package_data.package_data("tests")


def test_an_incomplete_installation_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_data, "_PACKAGE", tmp_path / "maestrod")
    with pytest.raises(FileNotFoundError, match="reinstall it"):
        package_data.package_data("skills")
