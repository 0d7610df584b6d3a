#!/bin/sh
# Report one event of an agent to maestrod without starting Python: what `maestroctl hooks install` writes where it works.
#
#   /bin/sh <folder>/event.sh PYTHON NC SOCKET --installed --agent claude --event PostToolUse  < the hook's JSON
#
# One message through NC (netcat with -U and -N) to the daemon's socket. Whatever goes wrong, event.py beside this file gets the
# same event under the same id and does the rest: no daemon, a payload that is no object, too large or refused.
# Exit status 0, nothing on standard output. Silent in sessions that maestrod started: those report by hooks of their own.

[ -z "$MAESTRO_SESSION_ID" ] || exit 0
python=$1 nc=$2 socket=$3
shift 3
payload=$(cat)

id=
{ read -r id < /proc/sys/kernel/random/uuid; } 2> /dev/null

# The agent is the first process above us that is no shell.
pid=${CLAUDE_PID:-} above=$PPID
while [ -z "$pid" ] && { read -r name < "/proc/$above/comm"; } 2> /dev/null; do
    case $name in
        sh | dash | bash | zsh | ash | busybox | fish | ksh | mksh | csh | tcsh)
            { read -r _ _ _ above _ < "/proc/$above/stat"; } 2> /dev/null || break ;;
        *) pid=$above ;;
    esac
done

newline='
'
case $payload in
    *"$newline"*) payload=$(printf '%s' "$payload" | tr '\n\r' '  ') ;; # white space in JSON, and the end of a message here
esac
if [ -n "$id" ] && [ "${#payload}" -lt 500000 ] && [ -O "$socket" ]; then
    case $payload in
        '{'*'}')
            reply=$("$nc" -U -N -w 1 "$socket" 2> /dev/null <<- END
	{"jsonrpc":"2.0","id":1,"method":"event.report","params":{"agent":"$3","event":"$5","eventId":"$id","pid":${pid:-null},"payload":$payload}}
	END
            )
            case $reply in
                *'"result"'*) exit 0 ;;
            esac ;;
    esac
fi
printf '%s' "$payload" | "$python" -I -S "${0%/*}/event.py" "$@" ${id:+--id "$id"} > /dev/null
exit 0
