"""A prompt is an argument, or a file when it is too long for one."""

import dataclasses

from maestrod.agents.kit.prompt_argument import as_argument
from maestrod.core.prompts.opening import ARGUMENT_BYTES
from tests.agents.launches import request


def test_a_prompt_that_fits_is_an_argument() -> None:
    files: dict[str, str] = {}
    assert as_argument(dataclasses.replace(request(), prompt="x"), files) == "x" and files == {}
    assert as_argument(request(), files) is None


def test_a_prompt_too_long_for_an_argument_becomes_a_file() -> None:
    files: dict[str, str] = {}
    long = "ä" * (ARGUMENT_BYTES // 2 + 1)
    argument = as_argument(dataclasses.replace(request(), prompt=long), files)
    assert argument is not None and "/data/sessions/ses_1/prompt.md" in argument and files == {"prompt.md": long}
