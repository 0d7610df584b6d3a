"""``maestroctl completion``: a script for the user's shell, printed and nothing more."""

import enum
from typing import Annotated

import typer

from maestroctl.output import answer


class Shell(enum.Enum):
    """The shells there is a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


_BASH = """\
_maestroctl() {
    local IFS=$'\\n'
    COMPREPLY=($(maestroctl __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _maestroctl maestroctl"""

_ZSH = """\
#compdef maestroctl
_maestroctl() {
    local -a found lines
    local line
    lines=("${(@f)$(maestroctl __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    for line in $lines; do found+=("${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}"); done
    if (( ${#found} )); then _describe maestroctl found; else _files; fi
}
if [ "$funcstack[1]" = "_maestroctl" ]; then _maestroctl "$@"; else compdef _maestroctl maestroctl; fi"""

_FISH = """\
complete -c maestroctl -f -a '(maestroctl __complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'"""

_SCRIPTS = {Shell.BASH: _BASH, Shell.ZSH: _ZSH, Shell.FISH: _FISH}


def command(*, shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> int:
    """Print the completion script of a shell.

    bash: eval "$(maestroctl completion bash)" in ~/.bashrc; zsh: the same in ~/.zshrc, after compinit;
    fish: maestroctl completion fish > ~/.config/fish/completions/maestroctl.fish
    """
    answer(_SCRIPTS[shell])
    return 0
