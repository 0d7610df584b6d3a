"""Options that several verbs have in common."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the answer as one JSON document.")]
JsonLines = Annotated[bool, typer.Option("--jsonl", help="Print a stream of JSON documents, one per line.")]
TimeoutMs = Annotated[
    int | None, typer.Option("--timeout-ms", min=0, help="Give up after so long, with exit code 124.")
]
ExitOnQuestion = Annotated[
    bool, typer.Option("--exit-on-question", help="End with 75 when nothing goes on before you answer.")
]
SessionArgument = Annotated[str, typer.Argument(metavar="SESSION", help="A session's id or a unique part of it.")]
