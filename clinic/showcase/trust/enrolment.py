# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 2: who comes in, and how: a QR code or a short code, and six digits that two people compare."""

from clinic.showcase import cast
from clinic.showcase.findings import Findings
from clinic.showcase.founding import digits_of, enrol, words_of
from clinic.showcase.scene import Scene
from clinic.showcase.stage import read_line, wait_until
from clinic.showcase.trust.acts import looked, sync
from clinic.showcase.trust.paper import qr_of
from clinic.showcase.trust.people import COMPLIANCE, KEEPER, NURSE, NURSE_COMPUTER, OTHER_TEAM
from clinic.showcase.trust.seats import come_in, sit
from clinic.showcase.trust.terminal import Terminal

INVITED = ("administrator", "compliance", "clinician", "nurse", "receptionist", "gateway", "custodian")
KINDS = ("desktop", "kiosk", "station")
"""As the page of invitations lists them."""


def run(scene: Scene, seen: Findings) -> None:
    _by_terminal(scene)
    _open_the_page(scene)
    _clinician_by_qr(scene, seen)
    _nurse_by_short_code(scene, seen)
    _kiosk(scene, seen)
    _what_the_log_says(scene, seen)


def _by_terminal(scene: Scene) -> None:
    """The custodian's station and the compliance officer; then what emergencies need."""
    enrol(scene, KEEPER, COMPLIANCE)
    scene.stage.run("station", "clinic", "emergency-team", *words_of(scene, "station"))
    keep_custody(scene)


def keep_custody(scene: Scene) -> None:
    """The custodian's process starts, and says when it is connected."""
    keeper = scene.stage.start("keeper", "custodian", "clinic", "custodian", *words_of(scene, "keeper"))
    read_line(keeper, '"ready": true', 30)
    scene.actors["custodian"] = keeper


def rest_custody(scene: Scene) -> None:
    """The custodian's process ends, so that her home may be looked into."""
    keeper = scene.actors.pop("custodian", None)
    if keeper is not None:
        keeper.end()


def _open_the_page(scene: Scene) -> None:
    admin = come_in(scene, "station")
    admin.click("shell.organisation")
    admin.wait("organisation.invite", timeout_s=20)


def _invite(scene: Scene, role: str, kind: str, team: str) -> None:
    """On the administrator's screen; the invitation shows."""
    admin = scene.hands["station"]
    admin.wait("organisation.invite", enabled=True, timeout_s=30)
    if role:
        admin.choose("organisation.invite.role", row=INVITED.index(role))
    admin.choose("organisation.invite.kind", row=KINDS.index(kind))
    wait_until("the second team", lambda: admin.exists("organisation.invite.team"), 20)
    admin.choose("organisation.invite.team", text=team)
    admin.click("organisation.invite")
    admin.wait("organisation.invite.code", text=r"\w{4}-\w{4}", timeout_s=30)


def _clinician_by_qr(scene: Scene, seen: Findings) -> None:
    """The code is read off the administrator's screen, as a scanner does."""
    _invite(scene, "clinician", "desktop", cast.ORGANISATION)
    code = qr_of(scene.shot("station", "invitation"))
    desktop = sit(scene, "desktop")
    _ask(scene, "desktop", code, "", cast.CLINICIAN, cast.DESKTOP_NAME)
    shown = digits_of(str(desktop.wait("join.digits", text=r"\d", timeout_s=30).get("text", "")))
    _compare(scene, seen, {shown}, "clinician")
    scene.shot("desktop", "digits-on-the-new-computer")
    _let_in(scene)
    desktop.wait("login.password", timeout_s=40)
    _only_once(scene, seen, code)


def _ask(scene: Scene, side: str, code: str, server: str, name: str, computer: str) -> None:
    hands = scene.hands[side]
    hands.wait("join.code", timeout_s=40)
    hands.type("join.code", code)
    if server:
        hands.type("join.server", server)
    hands.type("join.name", name)
    hands.type("join.device", computer)
    for field in ("join.password", "join.again"):
        hands.type(field, scene.password(side))
    hands.click("join.next")


def _compare(scene: Scene, seen: Findings, shown: set[str], picture: str) -> None:
    """The administrator's digits are among those on the new screens."""
    told = digits_of(
        str(
            scene.hands["station"].wait("organisation.knock.digits", text=r"\d", timeout_s=30).get("text", "")
        )
    )
    scene.shot("station", f"digits-{picture}")
    seen.expect(
        len(told) == 6 and told in shown,
        f"the same six digits on both screens ({picture})",
        f"{told}, {shown}",
    )


def _let_in(scene: Scene) -> None:
    scene.hands["station"].click("organisation.knock.admit")
    scene.hands["station"].wait("organisation.invite", timeout_s=40)


def _only_once(scene: Scene, seen: Findings, code: str) -> None:
    terminal = Terminal(scene)
    ended = terminal.verb("fresh", "join", "--code", code, "--name", "Somebody Else", "--timeout", "3")
    terminal.shot("code-used-twice")
    seen.expect(ended.code in (3, 4), "an invitation that was used to be refused", ended.code)
    seen.expect(
        not (scene.home("fresh") / "slots.bin").exists(), "no profile from a used invitation", "slots.bin"
    )


def _nurse_by_short_code(scene: Scene, seen: Findings) -> None:
    """Of the other team; typed, with the address of the centre."""
    _invite(scene, "nurse", "desktop", OTHER_TEAM)
    admin, second = scene.hands["station"], sit(scene, "second")
    short, server = admin.text("organisation.invite.code"), admin.text("organisation.invite.where")
    _ask(scene, "second", short, server, NURSE, NURSE_COMPUTER)
    shown = digits_of(str(second.wait("join.digits", text=r"\d", timeout_s=30).get("text", "")))
    _compare(scene, seen, {shown}, "nurse")
    _let_in(scene)
    second.wait("login.password", timeout_s=40)


def _kiosk(scene: Scene, seen: Findings) -> None:
    _invite(scene, "", "kiosk", cast.ORGANISATION)
    admin = scene.hands["station"]
    short, server = admin.text("organisation.invite.code"), admin.text("organisation.invite.where")
    joining = scene.stage.start(
        "kiosk", "clinic-join-kiosk", "clinic", "join", "--home", str(scene.home("kiosk")), "--code", short, "--server", server,
        "--device-name", cast.KIOSK_NAME,
    )  # fmt: skip
    shown = read_line(joining, r'"digits": "?(\d+)').group(1)
    _compare(scene, seen, {shown}, "kiosk")
    _let_in(scene)
    seen.expect(joining.process.wait(30) == 0, "the kiosk to be let in", joining.process.returncode)


def _what_the_log_says(scene: Scene, seen: Findings) -> None:
    """By the officer's own copy of the trust log, and the nurse's own keys."""
    sync(scene, "officer", "second", "desktop")
    log, nurse = looked(scene, "officer", "log"), looked(scene, "second", "log")
    clinician = looked(scene, "desktop", "log")
    ours, theirs = log["teams"][cast.ORGANISATION], log["teams"][OTHER_TEAM]
    seen.expect(
        NURSE in theirs["members"] and NURSE not in ours["members"],
        "the nurse in the other team alone",
        log["teams"],
    )
    seen.expect(
        not any(cast.ORGANISATION in key for key in nurse["keys"]),
        "no key of the first team at the nurse's",
        nurse["keys"],
    )
    seen.expect(
        f"{cast.ORGANISATION} 1" in clinician["keys"],
        "the first team's key at the clinician's",
        clinician["keys"],
    )
    seen.expect(
        log["computers"].get(cast.KIOSK_NAME) == "kiosk", "the kiosk in the log, as a kiosk", log["computers"]
    )
    prints = {log["fingerprint"], nurse["fingerprint"], clinician["fingerprint"]}
    seen.expect(
        prints == {scene.texts["fingerprint"]}, "the fingerprint of the founding on each computer", prints
    )
    seen.note(
        f"six computers in the trust log ({len(log['computers'])}), each let in after its six digits were compared"
    )
