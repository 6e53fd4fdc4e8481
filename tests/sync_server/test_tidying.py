# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta server tidy` by real processes, beside a server that serves, over both databases. What goes is tried where real charts
are: tests/clinic/services/test_snapshots.py."""

from pathlib import Path

import pytest

from clinic.domain.ids import DeviceId, ScopeId
from clinic.keys.sealing import Place, packed_ops, seal_packed
from clinic.protocol.codec import encode
from clinic.protocol.envelope import P3_SNAPSHOT, pack
from clinic.protocol.op import Ops
from clinic.protocol.snapshots import Covered, Part
from clinic.sync.exchange import envelope_hash, next_chain
from sync_server.tidying import ANSWERED, ASKED
from tests.server_process import ServerProcess
from tests.small_clinic import TEAM, Somebody, repeating

from .test_backup import verb
from .test_process import founded

pytestmark = pytest.mark.slow


def snapshot_of(who: Somebody, scope: str, seq: int, chain: bytes) -> bytes:
    """One part, which nobody attests."""
    who.env_no += 1
    place = Place(
        scope=ScopeId(scope), team=TEAM, device=DeviceId(who.device), incarnation=1, env_no=who.env_no, scope_no=seq + 1,
        priority=P3_SNAPSHOT,
        part=Part(seq=seq, chain=chain, number=1, of=1, covered=(Covered(device=who.device, incarnation=1, up_to=seq),)),
    )  # fmt: skip
    body = packed_ops(encode(Ops(ops=())))
    return pack(seal_packed(body, place, bytes(32), 1, who.device_keys, repeating(b"snapshot")))


def test_it_says_what_would_go_and_why_the_rest_stays(
    either: ServerProcess, kept_in: tuple[str, ...], tmp_path: Path
) -> None:
    clinic, eva, _ = founded(either)
    first = clinic.eva.envelope(clinic.log, "p:1", "one")
    part = snapshot_of(clinic.eva, "p:1", 1, next_chain(b"", envelope_hash(first)))
    assert not eva.sync(first, part).refused
    nothing = {"envelopes": 0, "bytes": 0, "charts": 0, "kept": {"not attested": 1}}
    assert verb("tidy", "--data", str(tmp_path), *kept_in, "--dry-run") == nothing
    assert verb("tidy", "--data", str(tmp_path), *kept_in) == nothing
    assert not (tmp_path / ASKED).exists() and not (tmp_path / ANSWERED).exists()
    either.stop()
    assert verb("tidy", "--data", str(tmp_path), *kept_in) == nothing
