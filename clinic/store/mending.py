# SPDX-License-Identifier: GPL-3.0-or-later
"""Ops of one chart as they lie here: to be compared with what colleagues hold, and put right from the centre's envelopes."""

from collections.abc import Iterable
from json import dumps as json

from clinic.domain.ids import PatientId, ScopeId, patient_scope
from clinic.protocol.codec import Malformed, decode, encode
from clinic.protocol.op import Op
from clinic.store.facts import ON_CHART
from clinic.store.page import Page
from clinic.store.purge import gone_charts
from clinic.store.rows import UNNUMBERED
from clinic.store.writing import WritePage


def settled_bodies(page: Page, patient: PatientId, settled: int) -> tuple[tuple[str, bytes], ...]:
    """(op id, bytes) of what lies in the patient's own scope, up to that stamp."""
    rows = page._all(
        f"SELECT id, body FROM op WHERE {ON_CHART} AND scope = '' AND stamp <= :settled",
        patient=patient, settled=settled,
    )  # fmt: skip
    return tuple((str(row[0]), bytes(row[1])) for row in rows)


def bodies_in_order(page: Page, patient: PatientId) -> tuple[tuple[str, bytes], ...]:
    """The same of all that lies there, like beside like."""
    rows = page._all(
        f"SELECT id, body FROM op WHERE {ON_CHART} AND scope = '' ORDER BY kind, at, id", patient=patient
    )
    return tuple((str(row[0]), bytes(row[1])) for row in rows)


def bodies_here(page: Page, names: Iterable[str]) -> dict[str, bytes]:
    """Op id -> bytes of those of these that are here, wherever they came in."""
    rows = page._all(
        "SELECT id, body FROM op WHERE id IN (SELECT value FROM json_each(:ids))", ids=json(list(names))
    )
    return {str(row[0]): bytes(row[1]) for row in rows}


def how_much(page: Page, patient: PatientId) -> tuple[int, int]:
    """(ops that lie there, the stamp of the latest), the log of who saw it included."""
    row = page._one(
        f"SELECT count(*), coalesce(max(stamp), 0) FROM op WHERE {ON_CHART} AND scope = ''", patient=patient
    )
    return int(row[0]), int(row[1])


def long_scopes(page: Page, envelopes: int) -> tuple[tuple[ScopeId, int], ...]:
    """(scope, seq) of the patients' scopes in which the cursor stands so far on, or further."""
    rows = page._all(
        "SELECT scope, seq FROM cursor WHERE substr(scope, 1, 2) = 'p:' AND seq >= :least ORDER BY scope",
        least=envelopes,
    )
    return tuple((ScopeId(row[0]), int(row[1])) for row in rows)


def at_rest(page: Page) -> frozenset[PatientId]:
    """Whose charts are, or were, here, but for those that have gone, and those of which something waits to leave, was refused
    or lies aside: of these no two computers need hold the same."""
    rows = page._all(
        "SELECT 'p:' || patient FROM chart WHERE patient <> '' AND EXISTS "
        "(SELECT 1 FROM op WHERE op.chart = chart.no AND op.scope = '') "
        "UNION SELECT scope FROM cursor WHERE substr(scope, 1, 2) = 'p:' "
        "EXCEPT SELECT scope FROM outbox WHERE acked_at IS NULL EXCEPT SELECT scope FROM quarantine"
    )
    return frozenset(PatientId(row[0][2:]) for row in rows) - set(gone_charts(page))


def own_envelopes(page: Page, scope: ScopeId) -> tuple[bytes, ...]:
    """What this computer sent of a scope, which the centre does not send back."""
    rows = page._all(
        "SELECT envelope FROM outbox WHERE scope = :scope AND env_no < :first AND refused IS NULL ORDER BY env_no",
        scope=scope, first=UNNUMBERED,
    )  # fmt: skip
    return tuple(bytes(row[0]) for row in rows)


def ask_again(page: WritePage, patient: PatientId) -> int:
    """Have the centre send a chart whole once more: gives the seq up to which everything had come. What cannot be read at all
    goes at once, for it would be in the way of its other versions."""
    scope = patient_scope(patient)
    seq, _ = page.cursor(scope)
    page.forget_cursor(scope)
    rows = page._all(f"SELECT id, body FROM op WHERE {ON_CHART} AND scope = ''", patient=patient)
    _drop(page, [str(row[0]) for row in rows if not _reads(bytes(row[1]))])
    return seq


def drop_unlike(page: WritePage, ops: Iterable[tuple[Op, bytes]]) -> int:
    """Let go of those that lie here with other bytes than these, so that they are filed anew."""
    ops = list(ops)
    bodies = {str(op.id): body or encode(op) for op, body in ops}
    rows = page._all(
        "SELECT id, body, at FROM op WHERE id IN (SELECT value FROM json_each(:ids))", ids=json(list(bodies))
    )
    unlike = {str(row[0]): int(row[2]) for row in rows if bytes(row[1]) != bodies[str(row[0])]}
    page.forget_texts((op, unlike[op.id]) for op, _ in ops if op.id in unlike)
    return _drop(page, list(unlike))


def _drop(page: WritePage, ids: list[str]) -> int:
    return page._do("DELETE FROM op WHERE id IN (SELECT value FROM json_each(:ids))", ids=json(ids))


def _reads(body: bytes) -> bool:
    try:
        decode(body, Op)
    except Malformed:
        return False
    return True
