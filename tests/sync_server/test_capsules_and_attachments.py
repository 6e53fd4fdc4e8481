# SPDX-License-Identifier: GPL-3.0-or-later
"""Capsules for cards; sealed files that go on where they stopped."""

from hashlib import blake2b

import pytest

from .conftest import Inside

CAPSULE = "/v1/capsules/abcdefghijklmnopqrstuvwxyz"
DATA = bytes(range(256)) * 40
NAME = blake2b(DATA, digest_size=32).hexdigest()
FILE = f"/v1/attachments/{NAME}"


def test_staff_writes_a_capsule_and_a_kiosk_reads_it(inside: Inside) -> None:
    eva, kiosk = inside.token_of(inside.clinic.eva), inside.token_of(inside.clinic.kiosk)
    assert inside.send("GET", CAPSULE, token=kiosk).status_code == 404
    assert inside.send("PUT", CAPSULE, b"sealed", eva).status_code == 204
    assert inside.send("GET", CAPSULE, token=kiosk).content == b"sealed"
    assert inside.send("GET", CAPSULE, token=eva).content == b"sealed"


def test_others_do_not(inside: Inside) -> None:
    kiosk, station = inside.token_of(inside.clinic.kiosk), inside.token_of(inside.clinic.station)
    assert inside.send("PUT", CAPSULE, b"sealed", kiosk).status_code == 403
    assert inside.send("GET", CAPSULE, token=station).status_code == 403
    assert inside.send("GET", CAPSULE).status_code == 401
    assert inside.send("PUT", CAPSULE, b"", inside.token_of(inside.clinic.eva)).status_code == 400
    assert inside.send("PUT", CAPSULE, bytes(600_000), inside.token_of(inside.clinic.eva)).status_code == 413


def test_an_attachment_is_brought_and_fetched(inside: Inside) -> None:
    kiosk, eva = inside.token_of(inside.clinic.kiosk), inside.token_of(inside.clinic.eva)
    assert inside.send("GET", FILE, token=eva).status_code == 404
    assert inside.send("PUT", FILE, DATA, kiosk).status_code == 204
    assert inside.send("PUT", FILE, DATA, kiosk).status_code == 204
    assert inside.send("GET", FILE, token=eva).content == DATA
    assert inside.send("GET", FILE, token=kiosk).content == DATA
    rest = inside.send("GET", FILE, token=eva, range="bytes=100-")
    assert (rest.status_code, rest.content) == (206, DATA[100:])
    assert inside.send("GET", FILE, token=inside.token_of(inside.clinic.station)).status_code == 403


def test_an_upload_goes_on_where_it_stopped(inside: Inside) -> None:
    eva = inside.token_of(inside.clinic.eva)
    whole = f"total={len(DATA)}"
    assert inside.send("PUT", f"{FILE}?offset=0&{whole}", DATA[:1000], eva).status_code == 204
    assert inside.send("HEAD", FILE, token=eva).headers["posta-have"] == "1000"
    wrong = inside.send("PUT", f"{FILE}?offset=500&{whole}", DATA[500:], eva)
    assert (wrong.status_code, wrong.headers["posta-have"]) == (409, "1000")
    assert inside.send("PUT", f"{FILE}?offset=1000&{whole}", DATA[1000:], eva).status_code == 204
    assert inside.send("HEAD", FILE, token=eva).headers["posta-have"] == str(len(DATA))
    assert inside.send("GET", FILE, token=eva).content == DATA


def test_bytes_that_are_not_what_they_say_are_thrown_away(inside: Inside) -> None:
    eva = inside.token_of(inside.clinic.eva)
    assert inside.send("PUT", FILE, DATA[:-1] + b"!", eva).status_code == 400
    assert inside.send("HEAD", FILE, token=eva).headers["posta-have"] == "0"
    assert inside.send("PUT", f"{FILE}?offset=0&total=10", DATA, eva).status_code == 400
    assert list((inside.desk.folder / "attachments").iterdir()) == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/attachments/..%2f..%2fserver.db", 404),
        ("/v1/attachments/" + "z" * 64, 400),
        (f"{FILE}?offset=-1", 400),
    ],
)
def test_names_and_numbers_are_checked(inside: Inside, path: str, status: int) -> None:
    assert inside.send("PUT", path, DATA, inside.token_of(inside.clinic.eva)).status_code == status


def test_an_attachment_has_a_size(inside: Inside) -> None:
    eva = inside.token_of(inside.clinic.eva)
    assert inside.send("PUT", f"{FILE}?offset=0&total=99999999999", DATA, eva).status_code == 413
    assert inside.send("PUT", FILE, b"", eva).status_code == 413
