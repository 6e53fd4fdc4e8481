# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 3: a card is printed for a patient; a kiosk opens her capsule with it, and with nothing else."""

from clinic.showcase import cast
from clinic.showcase.cardfilm import film_card
from clinic.showcase.findings import Findings
from clinic.showcase.founding import card_film
from clinic.showcase.leaks import search
from clinic.showcase.scene import Scene
from clinic.showcase.stage import wait_until
from clinic.showcase.steps.arrival import ALL_THERE
from clinic.showcase.steps.intake import touch
from clinic.showcase.trust.paper import page_of, qr_of_paper
from clinic.showcase.trust.seats import unlock, until_row

WORDS = (cast.FAMILY, *cast.GIVEN, cast.NUMBER)


def run(scene: Scene, seen: Findings) -> None:
    _print(scene, seen)
    _identify(scene, seen)
    _nothing_on_the_disk(scene, seen)


def _print(scene: Scene, seen: Findings) -> None:
    """By the clinician, on her screen; what the kiosk will see is read off the printed page."""
    desktop = unlock(scene, "desktop")
    desktop.click("shell.rail.patients")
    desktop.type("patients.search", cast.FAMILY)
    desktop.choose(
        "patients.list",
        row=until_row(scene, "desktop", "patients.list", _hers, "the patient on the desktop", 60),
    )
    desktop.wait("patients.card", timeout_s=10)
    desktop.click("patients.card")
    desktop.click("patients.cards.new")
    desktop.wait("patients.cards.make")
    desktop.click("patients.cards.make")
    desktop.wait("patients.cards.qr", timeout_s=20)
    scene.shot("desktop", "card-made")
    desktop.click("patients.cards.print")
    wait_until("the card as PDF", lambda: bool(list(scene.out.glob("*.pdf"))), 20)
    paper = next(scene.out.glob("*.pdf"))
    page_of(scene, paper, "card")
    text = qr_of_paper(scene, paper)
    scene.texts["card"] = text
    seen.expect(not any(word in text for word in WORDS), "a card that names nobody", text[:12])
    desktop.click("patients.cards.shown.leave")
    seen.expect(
        not desktop.exists("patients.cards.qr"), "the code to be shown once only", "patients.cards.qr"
    )
    wait_until(
        "the centre to have everything", lambda: bool(ALL_THERE.search(desktop.text("status.sync"))), 60, 0.3
    )
    film_card(text, card_film(scene.stage.folder))


def _hers(row: str) -> bool:
    return cast.FAMILY in row


def _identify(scene: Scene, seen: Findings) -> None:
    """The kiosk's camera reads the card; it greets by name what it could not have known."""
    before, _count = search([scene.home("kiosk")], WORDS)
    seen.expect(not before, "nothing of her on the kiosk before", before)
    actor, kiosk = scene.stage.handed("kiosk", "kiosk", *scene.programs["kiosk"])
    scene.actors["kiosk"], scene.hands["kiosk"] = actor, kiosk
    kiosk.wait(f"kiosk.language.{scene.language}", timeout_s=40)
    touch(scene, f"kiosk.language.{scene.language}")
    kiosk.wait("kiosk.identify.no_card", timeout_s=20)
    greeted = str(kiosk.wait("kiosk.greet.name", timeout_s=60).get("text", ""))
    seen.expect(cast.GIVEN[0] in greeted, f"to be greeted as {cast.GIVEN[0]}", greeted)
    scene.shot("kiosk", "greeted")


def _nothing_on_the_disk(scene: Scene, seen: Findings) -> None:
    """While her name stands on the screen, no file of the kiosk or the centre holds it."""
    canary = scene.stage.temp / "canary"
    canary.write_text(cast.FAMILY, encoding="utf-16-le")
    planted, _count = search([scene.stage.temp], WORDS)
    canary.unlink()
    seen.expect([hit.path for hit in planted] == [canary], "the search to find a planted word", planted)
    hits, count = search([scene.home("kiosk"), scene.home("server"), scene.stage.folder / "logs"], WORDS)
    seen.expect(
        count > 5 and not hits,
        "her name in no file of kiosk, centre or logs",
        [str(hit.path) for hit in hits],
    )
    seen.note(
        f"card read off the paper, capsule opened at the kiosk; her name is in none of {count} files there"
    )
