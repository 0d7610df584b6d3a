#!/bin/sh
# Report one event of an agent to maestrod without starting Python. `maestroctl hooks install` uses it where it works.
#
#   /bin/sh <folder>/event.sh PYTHON NC SOCKET --installed --agent claude --event PostToolUse  < the hook's JSON
#
# It sends one message through NC (netcat with -U and -N) to the daemon's socket. If that fails (no daemon, a payload that is
# not an object, too large or refused), event.py beside this file gets the same event with the same id.
# The exit status is 0 and stdout stays empty. It does nothing in sessions that maestrod started, which have their own hooks.

[ -z "$MAESTRO_SESSION_ID" ] || exit 0
python=$1 nc=$2 socket=$3
shift 3
payload=$(cat)

id=
{ read -r id < /proc/sys/kernel/random/uuid; } 2> /dev/null

# The agent is the first ancestor process that is not a shell.
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
    *"$newline"*) payload=$(printf '%s' "$payload" | tr '\n\r' '  ') ;; # white space in JSON, but a newline would end the message
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
