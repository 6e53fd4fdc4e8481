# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 8: the audit goes out as one file, is checked on a computer that belongs to nobody, and a change in it is named."""

from dataclasses import replace
from pathlib import Path

from clinic.domain.facts import AuditEvent
from clinic.protocol.codec import decode, encode
from clinic.services.audit_proofs import AuditFile
from clinic.showcase.findings import Findings
from clinic.showcase.scene import Scene
from clinic.showcase.stage import Outcome
from clinic.showcase.trust.glass import BREAK_GLASS
from clinic.showcase.trust.people import NURSE, OFFICER
from clinic.showcase.trust.terminal import Terminal, told

PROOF = "audit.proof"


def run(scene: Scene, seen: Findings) -> None:
    file = scene.out / PROOF
    terminal = Terminal(scene)
    told(terminal.verb("officer", "export-audit", "--proof", "--out", str(file)))
    code = verify(scene, terminal, file).code
    terminal.shot("audit-proved")
    seen.expect(code == 0, "the audit to be whole", code)
    audit = decode(file.read_bytes(), AuditFile)
    emergency = next(one for one in audit.entries if one.action == BREAK_GLASS and one.agent == NURSE)
    _tampered(scene, seen, audit, emergency)
    devices = len({one.device for one in audit.entries})
    seen.note(f"{len(audit.entries)} entries of {devices} computers are whole; a change and a gap are named")


def verify(scene: Scene, terminal: Terminal, file: Path) -> Outcome:
    """`posta verify audit`: no store, no key."""
    words = ("audit", str(file), "--fingerprint", scene.texts["fingerprint"])
    return terminal.run("fresh", "", "clinic.cli", "verify", *words)


def _tampered(scene: Scene, seen: Findings, audit: AuditFile, entry: AuditEvent) -> None:
    """Somebody puts another name on the emergency, then takes the entry out."""
    terminal = Terminal(scene)
    for name, entries in (
        (
            "audit-name-changed.proof",
            tuple(_in_her_name(one) if one == entry else one for one in audit.entries),
        ),
        ("audit-entry-gone.proof", tuple(one for one in audit.entries if one != entry)),
    ):
        file = scene.out / name
        file.write_bytes(encode(replace(audit, entries=entries)))
        ended = verify(scene, terminal, file)
        named = any(f"{entry.device}, entry" in line for line in ended.printed.splitlines())
        seen.expect(ended.code == 1, f"{name} to be refused", ended.code)
        seen.expect(named, f"the computer whose audit is broken to be named ({name})", ended.printed[-200:])
    terminal.shot("audit-tampered")


def _in_her_name(entry: AuditEvent) -> AuditEvent:
    return replace(entry, agent=OFFICER)
