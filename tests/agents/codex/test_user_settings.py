"""The user's own configuration of Codex is read where a launch depends on it."""

from pathlib import Path

import pytest

from maestrod.agents.codex import user_settings
from maestrod.agents.kit.json_lines import Members


def test_the_settings_are_in_codex_home_or_below_the_home(tmp_path: Path) -> None:
    (tmp_path / ".codex").mkdir()
    (tmp_path / ".codex/config.toml").write_text('model = "a"')
    (tmp_path / "config.toml").write_text('model = "b"')
    assert user_settings.read({"HOME": str(tmp_path)}).text("model") == "a"
    assert user_settings.read({"HOME": str(tmp_path), "CODEX_HOME": str(tmp_path)}).text("model") == "b"


@pytest.mark.parametrize("text", ["model = ", "\xff", None])
def test_a_broken_file_says_nothing(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "config.toml").write_bytes(text.encode("latin-1"))
    assert not user_settings.read({"CODEX_HOME": str(tmp_path)})


def test_the_variables_of_the_users_providers_pass() -> None:
    providers = {
        "azure": {"env_key": "AZURE_KEY", "env_http_headers": {"X-Feature": "FEATURE"}},
        "odd": {"env_key": 5, "env_http_headers": [1]},
        "broken": 7,
    }
    assert sorted(user_settings.key_variables(Members({"model_providers": providers}))) == ["AZURE_KEY", "FEATURE"]
    assert list(user_settings.key_variables(Members({"model_providers": 5}))) == []


def test_the_folders_that_codex_asks_about(tmp_path: Path) -> None:
    main, tree = tmp_path / "main", tmp_path / "tree"
    (main / ".git/worktrees/tree").mkdir(parents=True)
    (main / "src/deep").mkdir(parents=True)
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {main}/.git/worktrees/tree\n")
    assert user_settings.trust_roots(main / "src/deep") == (main / "src/deep", main)
    assert user_settings.trust_roots(tree) == (tree, main)
    assert user_settings.trust_roots(main) == (main,)


def test_a_distrusted_folder_stays_distrusted() -> None:
    settings = Members({"projects": {"/a": {"trust_level": "untrusted"}, "/b": {"trust_level": "trusted"}}})
    assert user_settings.distrusted(settings, (Path("/b"), Path("/a")))
    assert not user_settings.distrusted(settings, (Path("/b"), Path("/c")))


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b'\xef\xbb\xbfmodel = "m"\r\n')
    assert user_settings.read({"CODEX_HOME": str(tmp_path)}).line("model") == "m"
