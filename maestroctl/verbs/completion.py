"""``maestroctl completion``: prints a completion script for the user's shell."""

import enum
from typing import Annotated

import typer

from maestroctl.output import answer


class Shell(enum.Enum):
    """The supported shells."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


# The scripts may outlive the program they call. Without it they print nothing and complete file names.
_BASH = """\
# Made by: maestroctl completion bash. maestroctl uninstall says how to remove it.
_maestroctl() {
    local IFS=$'\\n'
    COMPREPLY=()
    type maestroctl >/dev/null 2>&1 || return 0
    COMPREPLY=($(maestroctl __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _maestroctl maestroctl"""

_ZSH = """\
#compdef maestroctl
# Made by: maestroctl completion zsh. maestroctl uninstall says how to remove it.
_maestroctl() {
    local -a found lines
    local line
    if (( $+commands[maestroctl] )); then
        lines=("${(@f)$(maestroctl __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    fi
    for line in $lines; do found+=("${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}"); done
    if (( ${#found} )); then _describe maestroctl found; else _files; fi
}
if [ "$funcstack[1]" = "_maestroctl" ]; then
    _maestroctl "$@"
elif (( $+functions[compdef] )); then
    compdef _maestroctl maestroctl
fi"""

# fish complains about a missing program wherever its stderr goes; sh does not.
_FISH = """\
# Made by: maestroctl completion fish. maestroctl uninstall removes it.
function __maestroctl_complete
    sh -c 'maestroctl __complete "$@"' sh (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null
end
complete -c maestroctl -f -a '(__maestroctl_complete)'"""

#: What each shell reads.
SCRIPTS = {Shell.BASH: _BASH, Shell.ZSH: _ZSH, Shell.FISH: _FISH}


def command(*, shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> int:
    """Print a shell's completion script.

    bash: add this line to ~/.bashrc:
        command -v maestroctl >/dev/null && eval "$(maestroctl completion bash)"

    zsh: add this line to ~/.zshrc, after compinit:
        command -v maestroctl >/dev/null && eval "$(maestroctl completion zsh)"

    fish: run this command:
        maestroctl completion fish > ~/.config/fish/completions/maestroctl.fish

    These lines do no harm after maestrod is uninstalled. maestroctl uninstall lists them.
    """
    answer(SCRIPTS[shell])
    return 0
