"""Plans the tests of the page run."""

ASK = """# Decide
## Ask {key=ask}
- [ ] Ask the owner
  ```sh
  maestroctl attention ask "Deploy on Friday?" --options yes,no | tee answer.txt
  ```
## After {after=ask}
- [ ] Go on
  ```sh
  echo on
  ```
"""

LISTEN = """# Listen
## Talk
- [ ] Read a line
  ```sh
  printf 'name? '; read name < /dev/tty; printf '\\033[32mhello %s\\033[0m\\n' "$name"; read more < /dev/tty
  ```
"""

FAILS_ONCE = """# Try
## Once more
- [ ] Work the second time
  ```sh
  test -e ready || { echo not yet; exit 1; }
  ```
"""

SLEEPS = """# Sleep
## Long
- [ ] Sleep
  ```sh
  sleep 1000
  ```
"""

#: A line per number, as fast as events come, until told to end.
COUNTS = """# Count
## Numbers
- [ ] Count
  ```sh
  i=0; while [ ! -e enough ]; do i=$((i+1)); echo "line $i"; sleep 0.01; done; echo "last $i"
  ```
## Reports
- [ ] Report
  ```sh
  i=0; while [ ! -e enough ]; do i=$((i+1)); maestroctl task progress $MAESTRO_TASK_ID "step $i" --progress 0.$((i % 10)); done
  ```
"""

#: The text in the terminal's buffer, all of its scroll-back.
TERMINAL_TEXT = "import('/js/main.js').then(({shell}) => shell.detail.terminal.text())"
