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


# The scripts outlive the program they call: without it they are silent and offer files, as if there were no script.
_BASH = """\
# Of maestroctl completion bash; maestroctl uninstall says how to get rid of it.
_maestroctl() {
    local IFS=$'\\n'
    COMPREPLY=()
    type maestroctl >/dev/null 2>&1 || return 0
    COMPREPLY=($(maestroctl __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _maestroctl maestroctl"""

_ZSH = """\
#compdef maestroctl
# Of maestroctl completion zsh; maestroctl uninstall says how to get rid of it.
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

# fish complains of a program that is not there whatever its stderr is; sh does not.
_FISH = """\
# Of maestroctl completion fish; maestroctl uninstall removes it.
function __maestroctl_complete
    sh -c 'maestroctl __complete "$@"' sh (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null
end
complete -c maestroctl -f -a '(__maestroctl_complete)'"""

#: What each shell reads.
SCRIPTS = {Shell.BASH: _BASH, Shell.ZSH: _ZSH, Shell.FISH: _FISH}


def command(*, shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> int:
    """Print the completion script of a shell.

    bash, in ~/.bashrc: command -v maestroctl >/dev/null && eval "$(maestroctl completion bash)"; zsh: the same with zsh in ~/.zshrc, after
    compinit; fish: maestroctl completion fish > ~/.config/fish/completions/maestroctl.fish

    Such a line says nothing once maestrod is uninstalled; maestroctl uninstall names it.
    """
    answer(SCRIPTS[shell])
    return 0
