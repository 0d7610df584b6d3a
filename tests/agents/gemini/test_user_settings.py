"""The user's own folder and settings of Gemini CLI."""

from pathlib import Path

import pytest

from maestrod.agents.gemini import user_settings
from maestrod.api.errors import Unavailable


def write(folder: Path, content: bytes) -> dict[str, str]:
    """The environment of a user with these settings."""
    (folder / ".gemini").mkdir()
    (folder / ".gemini/settings.json").write_bytes(content)
    return {"HOME": str(folder)}


@pytest.mark.parametrize("content", [b"{", b"[]"])
def test_broken_settings_are_reported_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Unavailable, match=r"settings\.json"):
        user_settings.read(write(tmp_path, content))


def test_without_settings_there_are_none(tmp_path: Path) -> None:
    assert user_settings.read({"HOME": str(tmp_path)}) == {}


def test_settings_with_a_byte_order_mark_and_comments_are_read(tmp_path: Path) -> None:
    environ = write(tmp_path, b'\xef\xbb\xbf{"model": {"name": "cut \\ud83d"}} // mine\r\n')
    assert user_settings.read(environ) == {"model": {"name": "cut \ufffd"}}


def test_a_separate_home_wins(tmp_path: Path) -> None:
    assert user_settings.home({"HOME": "/nowhere", "GEMINI_CLI_HOME": str(tmp_path)}) == tmp_path


@pytest.mark.parametrize(
    "environ, chosen",
    [
        ({"GEMINI_API_KEY": "k"}, "gemini-api-key"),
        ({"GEMINI_API_KEY": "k", "GOOGLE_GENAI_USE_VERTEXAI": "true"}, "vertex-ai"),
        ({"GOOGLE_GENAI_USE_GCA": "true"}, "oauth-personal"),
        ({}, None),
    ],
)
def test_the_sign_in_method_is_the_first_the_environment_fully_provides(
    environ: dict[str, str], chosen: str | None
) -> None:
    assert user_settings.sign_in(environ) == chosen


def test_a_folder_is_listed_by_name_as_far_as_it_can_be(tmp_path: Path) -> None:
    for name in "bca":
        (tmp_path / name).touch()
    assert list(user_settings.entries(tmp_path)) == ["a", "b", "c"]
    assert list(user_settings.entries(tmp_path / "nowhere")) == []
