# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 8: nothing of the patient lies in clear on the server, in logs, in temporary files or on the kiosk."""

from clinic.showcase import cast
from clinic.showcase.findings import Findings
from clinic.showcase.leaks import search
from clinic.showcase.scene import Scene

WORDS = (
    cast.FAMILY,
    *cast.GIVEN,
    cast.NUMBER,
    cast.NOTE["subjective"],
    cast.NOTE["plan"],
    "Chañarpampa",
    cast.CHAT,
    "Guazucuá",
)


def run(scene: Scene, seen: Findings) -> None:
    folder = scene.stage.folder
    canary = scene.stage.temp / "canary"
    canary.write_text(f"{cast.FAMILY}\n", encoding="utf-16-le")
    planted, _ = search([scene.stage.temp], WORDS)
    canary.unlink()
    seen.expect(
        [hit.path for hit in planted] == [canary],
        "the search to find a planted word",
        [str(hit.path) for hit in planted],
    )
    hits, count = search([folder], WORDS)
    seen.expect(
        not hits,
        "no word of the patient in any file",
        [(str(hit.path.relative_to(folder)), hit.how) for hit in hits],
    )
    kinds = {
        name: sum(1 for path in (folder / where).rglob("*") if path.is_file())
        for name, where in _PLACES.items()
    }
    seen.expect(
        kinds["server"] > 0 and kinds["kiosk"] > 0, "files of the server and the kiosk to search", kinds
    )
    seen.note(
        f"{len(WORDS)} words in five forms not found in {count} files ({kinds}); a planted one was",
        files=count,
    )


_PLACES = {"server": "machines/server", "kiosk": "machines/kiosk", "logs": "logs", "temporary": "tmp"}
