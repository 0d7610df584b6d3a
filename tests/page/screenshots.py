"""Makes pictures of the page's main views: ``make screenshots`` (into ``build/screenshots``), and the README's with ``--readme``.

The plan of ``release.md`` is run by a real daemon in a temporary home; what is seen is the page in headless Chromium, light, dark
and on a phone. Nothing in the pictures is of the machine they were made on.
"""

import argparse
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import trio

from tests.kit.daemons.daemon import Daemon
from tests.kit.screens.browser import CHROMIUM, Tab, open_browser

ROOT = Path(__file__).resolve().parents[2]
PLAN = Path(__file__).with_name("release.md")


@dataclass(frozen=True)
class Shot:
    """One picture: where in the page, and how it is looked at. ``press`` are keys pressed before."""

    name: str
    place: str
    dark: bool = False
    phone: bool = False
    press: str = ""


SHOTS = (
    Shot("overview", "#work/task/{root}"),
    Shot("overview-dark", "#work/task/{root}", dark=True),
    Shot("start", "#work", dark=True),
    Shot("session", "#work/session/{tests}"),
    Shot("session-dark", "#work/session/{tests}", dark=True),
    Shot("timeline", "#work/session/{tests}/timeline"),
    Shot("why", "#work/session/{tests}/why", dark=True),
    Shot("failed", "#work/task/{links}"),
    Shot("sessions", "#sessions"),
    Shot("inbox", "#inbox"),
    Shot("run", "#work", press="n"),
    Shot("keys", "#work", dark=True, press="?"),
    Shot("phone-work", "#work", phone=True),
    Shot("phone-overview-dark", "#work/task/{root}", dark=True, phone=True),
    Shot("phone-session", "#work/session/{tests}", phone=True),
    Shot("phone-inbox", "#inbox", phone=True),
)

#: What the README shows.
README = Shot("page", "#work/task/{root}")

#: The state every picture is taken in: a shard of tests far enough, a question open, a failure.
READY = """
import('/js/app.js').then(({app}) => {
  const [tasks, sessions] = [[...app.store.task.values()], [...app.store.session.values()]];
  const tests = sessions.find((it) => it.name === 'Tests');
  const links = tasks.find((it) => it.title === 'Check the links');
  const running = tasks.some((it) => it.title === 'Build the wheel' && it.status === 'in_progress');
  const ready = tests && running && links.status === 'failed' && app.store.open.size === 1 && /\\[ *[2-9]\\d\\]/.test(app.tail(tests.id));
  return ready ? {root: app.store.roots()[0], tests: tests.id, links: links.id} : null;
})
"""


async def take(tab: Tab, shot: Shot, ids: dict[str, str], folder: Path) -> Path:
    """One picture."""
    width, height = (390, 844) if shot.phone else (1280, 800)
    await tab.window(width, height, dark=shot.dark, phone=shot.phone)
    await tab.run(f"location.hash = {shot.place.format(**ids)!r}")
    if "/session/" in shot.place and shot.place.endswith("{tests}"):
        await tab.wait("document.querySelector('.xterm-rows')?.textContent.includes('PASSED')")
    if shot.press:
        await tab.press(shot.press)
        await tab.wait("document.querySelector('dialog')")
    await tab.wait(
        "document.getAnimations().every((it) => it.effect.getTiming().iterations === Infinity || it.playState === 'finished')"
    )
    await trio.sleep(0.7)  # the last lines of sessions are read every one and a half seconds, fonts settle
    path = folder / f"{shot.name}.png"
    await tab.picture(path)
    if shot.press:
        await tab.press("Escape")
        await tab.wait("!document.querySelector('dialog')")
    return path


async def make(folder: Path, shots: tuple[Shot, ...]) -> None:
    """All pictures, of one run of the plan."""
    scratch = Path(tempfile.mkdtemp(prefix="m-", dir="/tmp"))
    shop = scratch / "shop"
    shop.mkdir()
    daemon = Daemon(scratch / "m").start()
    try:
        daemon.call("run.start", markdown=PLAN.read_text("utf-8"), workingDir=str(shop), agent="shell")
        async with open_browser(scratch / "profile") as browser:
            tab = await browser.tab()
            await tab.window(1280, 800)
            await tab.open(daemon.call("ui.open")["url"])
            ids = await tab.wait(READY, 60)
            for shot in shots:
                print(await take(tab, shot, ids, folder))  # noqa: T201 - a program: says what it made
    finally:
        daemon.close()
        shutil.rmtree(scratch, ignore_errors=True)


def main() -> None:
    """Make them; says why when there is no browser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readme", action="store_true", help="only docs/page.png")
    arguments = parser.parse_args()
    if CHROMIUM is None:
        sys.exit("chromium is not installed (Debian: apt-get install chromium)")
    folder = ROOT / "docs" if arguments.readme else ROOT / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    trio.run(make, folder, (README,) if arguments.readme else SHOTS)


if __name__ == "__main__":
    main()
