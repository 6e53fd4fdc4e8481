# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta bench NAME [--json]`. Exit code 0 if every target is met, 1 if one is missed."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from clinic.bench.result import Result, json_line, table
from clinic.domain.errors import PostaError
from clinic.store.memory import collect_seldom


def _store(chosen: argparse.Namespace) -> Iterator[Result]:
    from clinic.bench.store import measure

    return measure(chosen.people, chosen.observations)


def _start(chosen: argparse.Namespace) -> Iterator[Result]:
    from clinic.bench.start import measure

    return measure(chosen.runs)


def _duplicates(chosen: argparse.Namespace) -> Iterator[Result]:
    from clinic.bench.duplicates import measure

    return measure(chosen.people)


def _crash(chosen: argparse.Namespace) -> Iterator[Result]:
    from clinic.bench.crash import measure

    return measure(chosen.images, chosen.kills, chosen.seed)


def _trust(chosen: argparse.Namespace) -> Iterator[Result]:
    from clinic.bench.trust import measure

    return measure(chosen.people)


def _sync(chosen: argparse.Namespace) -> Iterator[Result]:
    from clinic.bench.sync import measure

    return measure(chosen.count, chosen.records, chosen.peers)


def _load(chosen: argparse.Namespace) -> Iterator[Result]:
    from clinic.bench.load import measure

    return measure(chosen.minutes, chosen.part or None)


def _call(chosen: argparse.Namespace) -> Iterator[Result]:
    from clinic.bench.call import PARTS, Asked, measure

    return measure(
        Asked(
            profiles=chosen.profile or (),
            seconds=chosen.seconds,
            seeds=chosen.seeds,
            peer=chosen.peer,
            parts=chosen.part or PARTS,
            ears=chosen.ears,
        )
    )


def _speech(chosen: argparse.Namespace) -> Iterator[Result]:
    from clinic.bench.speech import measure

    return measure(ears=chosen.ears)


def _kiosk(chosen: argparse.Namespace) -> Iterator[Result]:
    from clinic.bench.kiosk import measure

    return measure(chosen.runs, chosen.sessions)


def _calls_random(chosen: argparse.Namespace) -> Iterator[Result]:
    from clinic.bench.calls_random import measure

    return measure(chosen.calls, chosen.seed, chosen.players, chosen.first)


def _engine_deaths(chosen: argparse.Namespace) -> Iterator[Result]:
    from clinic.bench.engine_deaths import measure

    return measure()


def _ui(chosen: argparse.Namespace) -> Iterator[Result]:
    from clinic.bench.ui import measure

    return measure(chosen.patients, chosen.runs)


SHORTEST_MIN, SHORTEST_S = 0.1, 5.0
PARTS = {"load": ("sqlite", "postgres", "pull"), "call": ("links", "interop")}
LINKS = ("lan", "p1m", "p256k", "p128k", "p64k", "drop", "outage", "opening-lan", "opening-256k")
"""Cases of `call` (clinic.bench.calling.profiles), named here so that nothing is loaded to answer --help."""
BENCHES: dict[str, Callable[[argparse.Namespace], Iterator[Result]]] = {
    "store": _store,
    "start": _start,
    "duplicates": _duplicates,
    "crash": _crash,
    "trust": _trust,
    "sync": _sync,
    "load": _load,
    "call": _call,
    "speech": _speech,
    "kiosk": _kiosk,
    "calls-random": _calls_random,
    "engine-deaths": _engine_deaths,
    "ui": _ui,
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="posta bench", description="Measure Posta against its targets on this machine."
    )
    parser.add_argument("name", choices=sorted(BENCHES), help="what to measure")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON instead of a table")
    parser.add_argument(
        "--people",
        type=int,
        default=20_000,
        help="store, duplicates, trust: generated people (default 20000)",
    )
    parser.add_argument(
        "--patients",
        type=int,
        default=20_000,
        help="ui: people in the store, made once (default 20000, which the targets are for)",
    )
    parser.add_argument(
        "--observations", type=int, default=1_000_000, help="store: generated observations (default 1000000)"
    )
    parser.add_argument(
        "--runs", type=int, default=5, help="start, ui, kiosk: how often, how many visits (default 5)"
    )
    parser.add_argument(
        "--sessions", type=int, default=500, help="kiosk: sessions begun and left (default 500)"
    )
    parser.add_argument(
        "--images", type=int, default=12_000, help="crash: disks a power cut could leave (default 12000)"
    )
    parser.add_argument("--kills", type=int, default=60, help="crash: how often to kill -9 (default 60)")
    parser.add_argument(
        "--seed",
        type=int,
        default=1,
        help="crash, calls-random: another seed tries other disks, other calls (default 1)",
    )
    parser.add_argument("--calls", type=int, default=200, help="calls-random: how many calls (default 200)")
    parser.add_argument("--players", type=int, default=3, help="calls-random: calls side by side (default 3)")
    parser.add_argument(
        "--first",
        type=int,
        default=0,
        help="calls-random: number of the first call, to play one again (default 0)",
    )
    parser.add_argument("--count", type=int, default=10_000, help="sync: records (default 10000)")
    parser.add_argument(
        "--records", type=Path, metavar="FILE", help="sync: records of other engines, a JSON line each"
    )
    parser.add_argument(
        "--peers", type=Path, metavar="FOLDER",
        help="sync: let Anki and PouchDB do the same; they are fetched into FOLDER if they are not there",
    )  # fmt: skip
    parser.add_argument(
        "--minutes", type=float, default=10.0, help="load: how long each database is under load (default 10)"
    )
    parser.add_argument(
        "--part",
        action="append",
        choices=[part for parts in PARTS.values() for part in parts],
        help="load, call: only this part; may be given again",
    )
    parser.add_argument(
        "--profile", action="append", choices=LINKS, help="call: only this link; may be given again"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=0.0,
        help="call: how long each is watched (default: as its target says)",
    )
    parser.add_argument(
        "--seeds", type=int, default=3, help="call: how often each, with other losses (default 3)"
    )
    parser.add_argument(
        "--peer", choices=("chromium", "none"), default="chromium",
        help="call: whom to compare with, on the same links (default: Chromium where it is installed)",
    )  # fmt: skip
    parser.add_argument(
        "--ears", type=Path, metavar="FOLDER",
        help="call, speech: PESQ and STOI judge the speech; they are fetched into FOLDER if they are not there",
    )  # fmt: skip
    chosen = parser.parse_args(arguments)
    if chosen.minutes < SHORTEST_MIN:
        parser.error(f"--minutes is at least {SHORTEST_MIN}: less tells nothing of memory")
    numbers = (
        chosen.people,
        chosen.patients,
        chosen.observations,
        chosen.runs,
        chosen.sessions,
        chosen.images,
        chosen.kills,
        chosen.count,
        chosen.seeds,
        chosen.calls,
        chosen.players,
    )
    if min(numbers) < 1:
        parser.error("numbers start at 1")
    if chosen.seconds and chosen.seconds < SHORTEST_S:
        parser.error(f"--seconds is at least {SHORTEST_S:g}: less tells nothing of a call")
    if not set(chosen.part or ()) <= set(PARTS.get(chosen.name, ())):
        parser.error(f"--part of {chosen.name} is one of: {', '.join(PARTS.get(chosen.name, ())) or 'none'}")
    collect_seldom()  # as the programs do
    results: list[Result] = []
    try:
        for result in BENCHES[chosen.name](chosen):
            results.append(result)
            print(f"{result.measure}: {result.value:g} {result.unit}", file=sys.stderr, flush=True)
    except PostaError as error:
        print(error, file=sys.stderr)
        return 4
    except BaseException:
        if results and not chosen.json:
            print(
                table(chosen.name, results)
            )  # what was measured until it broke off; no verdict on the whole
        raise
    print(json_line(chosen.name, results) if chosen.json else table(chosen.name, results))
    return 0 if all(result.ok for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
