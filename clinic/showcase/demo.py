# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta demo`: a whole clinic on this computer. With a display for your own hands, else (or with --auto)
driven by itself."""

import argparse
import errno
import logging
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable
from clinic.media.screen import check_screen
from clinic.showcase import by_hand
from clinic.showcase.founding import card_film
from clinic.showcase.network import Network, Relay, build
from clinic.showcase.report import Report
from clinic.showcase.scene import DESKTOP_SIDE, KIOSK_SIDE, Scene
from clinic.showcase.stage import LANGUAGES, Stage
from clinic.showcase.supervise import INNER, supervise
from clinic.showcase.trust import story
from clinic.showcase.visit import drive
from clinic.store.home import Held, Home

OURS = ("*.png", "*.mkv", "*.pdf", "consent*.txt", "audit*.proof", "report.json", "index.html", "*.part")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="posta demo",
        description="A sync server, a clinician's desktop and a patient's kiosk on this computer, "
        "with 200 invented people. Exit code 0: every step's own check held.",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("posta-demo"),
        metavar="DIR",
        help="pictures, recordings, report (default: posta-demo)",
    )
    parser.add_argument(
        "--auto", action="store_true", help="drive the visit through the windows, even with a display"
    )
    parser.add_argument(
        "--trust",
        action="store_true",
        help="another story: who is let in, what a patient permits, emergencies, a lost computer, recovery; "
        "without --auto it waits for Enter before each step",
    )
    parser.add_argument("--seed", type=int, default=7, help="other invented people (default: 7)")
    parser.add_argument("--people", type=int, default=200, metavar="N", help="how many (default: 200)")
    parser.add_argument("--lang", choices=tuple(LANGUAGES), default="es", help="language of the screens")
    parser.add_argument(
        "--keep", action="store_true", help="keep the machines' folders, with the passwords, in DIR/work"
    )
    chosen = parser.parse_args(arguments)
    if not 2 <= chosen.people <= 5000:
        parser.error("--people is a number from 2 to 5000")
    return chosen


def main(arguments: Sequence[str] | None = None) -> int:
    """0 all checks held, 1 one did not, 2 wrong use, 3 and 4 with a sentence, 130 after Ctrl-C."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    chosen = parse(given)
    try:
        if os.environ.get(INNER) != "1":
            return guard(given, chosen)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return run(chosen)
    except Refusal as refusal:
        return _end(str(refusal), 3)
    except Unavailable as missing:
        return _end(str(missing), 4)
    except OSError as error:
        return _end(f"The demo stopped: {no_disk(error, chosen.out)}", 4)
    except KeyboardInterrupt:
        return _end("\nstopped", 130)
    except Exception as bug:
        logging.getLogger(__name__).exception("bug")
        logs = chosen.out.resolve() / "work" / "logs"
        return _end(f"This is a fault in Posta ({type(bug).__name__}). It is written down in {logs}.", 70)


def _end(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code


def no_disk(error: OSError, out: Path) -> str:
    """What the disk said, with the next step."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk of {out} is full. Free 1 GB or choose another folder with --out."
    place = error.filename or out
    return f"{place} cannot be used ({error.strerror}). Choose another folder with --out."


def guard(given: Sequence[str], chosen: argparse.Namespace) -> int:
    """The outer process: what must hold before anything is started, and tidiness afterwards."""
    if has_display():
        check_screen({**os.environ, "QT_QPA_PLATFORM": ""})
    out = chosen.out.resolve()
    held = make_room(out)
    try:
        return supervise(given)
    finally:
        _tidy(out, chosen.keep)
        held.release()


def run(chosen: argparse.Namespace) -> int:
    """Build the network, the stage and the scene; always take them down again."""
    visible = has_display()
    driven = chosen.auto or not visible
    out = chosen.out.resolve()
    logging.raiseExceptions = False  # a full disk is told once
    logging.basicConfig(filename=out / "work" / "logs" / "demo.log", level=logging.INFO)
    network: Network = build() if driven else Relay()
    stage = Stage(out / "work", network, chosen.lang, visible)
    lines = (
        story.programs(out, chosen.lang, visible)
        if chosen.trust
        else programs(out, chosen.lang, driven, visible)
    )
    scene = Scene(out, stage, network, lines)
    scene.language = chosen.lang
    try:
        if chosen.trust:
            return story.tell(scene, chosen)
        if not driven:
            return by_hand.offer(scene, chosen.people, chosen.seed)
        report = Report(out)
        good = drive(scene, report, chosen.people, chosen.seed)
        print(f"{'All checks held' if good else 'NOT all checks held'}: {out / 'index.html'}", flush=True)
        return 0 if good else 1
    finally:
        stage.close()
        network.close()


def programs(out: Path, language: str, driven: bool, visible: bool) -> dict[str, tuple[str, ...]]:
    """The command lines of the three window programs. A driven call is made of clips: their marks prove
    what arrived. By hand the clinician's side takes the devices there are; the patient's stays a clip, since
    one camera serves one program and two microphones in one room howl."""
    work = out / "work"
    speaker = "auto" if visible else "null"

    def options(name: str, side: str) -> tuple[str, ...]:
        own = not driven and side == DESKTOP_SIDE
        camera = "auto" if own and has_device("video*") else f"clip:{side}"
        microphone = "auto" if own and has_device("snd/pcm*c") else f"clip:{side}"
        media = ("--camera", camera, "--microphone", microphone, "--speaker", speaker)
        return ("--home", str(work / "machines" / name), "--lang", language, *media)

    kept = {side: ("--keep-received", str(out / f"{side}-received.mkv")) for side in ("desktop", "kiosk")}
    return {
        "desktop": (
            "desktop",
            *options("desktop", DESKTOP_SIDE),
            *kept["desktop"],
            "--save-to",
            str(out),
            *_window(visible),
        ),
        "kiosk": (
            "kiosk",
            *options("kiosk", KIOSK_SIDE),
            *kept["kiosk"],
            "--camera-scan",
            f"file:{card_film(work)}",
            "--window",
            "--size",
            "730x760" if visible else "1024x768",
            *(("--scale", "desktop") if visible else ()),
        ),
        "second": ("desktop", *options("second", "C"), *_window(visible)),
    }


def _window(visible: bool) -> tuple[str, ...]:
    """With a display small enough for both windows on one screen, else as on a desk."""
    return ("--geometry", "1180x760+0+0" if visible else "1440x900")


def has_device(pattern: str) -> bool:
    """Whether this computer shows such a device; other systems are believed to have one."""
    return not sys.platform.startswith("linux") or any(Path("/dev").glob(pattern))


def has_display() -> bool:
    if sys.platform.startswith("linux"):
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True


def make_room(out: Path) -> Held:
    """An empty folder, or one that an earlier demo left; held until this demo ends. Refused for anything
    else, and while another demo works there."""
    ours = any((out / "work" / sign).is_file() for sign in ("lock", "logs/demo.log"))
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not ours):
        raise Refusal(
            "{folder} is not empty and not from a demo. Choose another folder with --out.", folder=out
        )
    (out / "work").mkdir(parents=True, exist_ok=True)
    try:
        held = Home(out / "work").hold()
    except Refusal:
        raise Refusal(
            "Another demo works in {folder}. Wait until it has ended, or choose another folder with --out.",
            folder=out,
        ) from None
    for name in ("machines", "tmp", "logs"):
        shutil.rmtree(out / "work" / name, ignore_errors=True)
    for path in [path for pattern in OURS for path in out.glob(pattern)]:
        path.unlink()
    (out / "work" / "logs").mkdir(parents=True, exist_ok=True)
    return held


def _tidy(out: Path, keep: bool) -> None:
    """Homes and passwords go; the logs stay."""
    if not keep:
        shutil.rmtree(out / "work" / "machines", ignore_errors=True)
        shutil.rmtree(out / "work" / "tmp", ignore_errors=True)
