"""The files of a session, and a prompt that is one when it is too long."""

import dataclasses

from maestrod.agents.manifest_files import as_argument, manifest_files
from maestrod.core.opening import ARGUMENT_BYTES
from tests.agents.launches import request
from tests.core.manifests import context


def test_a_manifest_for_programs_and_one_to_read() -> None:
    assert sorted(manifest_files(request())) == ["manifest.json", "manifest.md"]
    assert "task-context.json" in manifest_files(request(context=context()))


def test_a_prompt_that_fits_is_an_argument() -> None:
    files: dict[str, str] = {}
    assert as_argument(dataclasses.replace(request(), prompt="x"), files) == "x" and files == {}
    assert as_argument(request(), files) is None


def test_one_that_does_not_is_a_file() -> None:
    files: dict[str, str] = {}
    long = "ä" * (ARGUMENT_BYTES // 2 + 1)
    argument = as_argument(dataclasses.replace(request(), prompt=long), files)
    assert argument is not None and "/data/sessions/ses_1/prompt.md" in argument and files == {"prompt.md": long}
