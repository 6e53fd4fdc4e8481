# SPDX-License-Identifier: GPL-3.0-or-later
"""Values on printed cards, on disks and in other clinics' stores: what an older Posta made, today's must open."""

from clinic.domain.ids import OrgId, UserId
from clinic.keys.cards import Card, card_text, read_card
from clinic.keys.consents import template_hash
from clinic.keys.identity import DeviceKeys, device_id
from clinic.keys.invites import mailbox_id
from clinic.keys.onetime import code_key
from clinic.keys.sealing import Keyring, check_envelope, open_envelope, scope_key_id
from clinic.keys.slots import Slots
from clinic.protocol.envelope import unpack

from .conftest import Clinic, ops_about

SECRET = bytes(range(32))
ENVELOPE = (
    "8358403283af08dc07748eaa457d7630826454b4ffe6c109cf1dac085f2b6bf48150382f38d13cdd4947ecd68ffbe33b"
    "42020a8982655c3a94e7e2b3e4854b6d00ab0058528219012eab010102010364703a7031046b6865616c74682d706f73"
    "74057079716d686777627674757964716e796106000701080109010a50000102030405060708090a0b0c0d0e0f0d4813"
    "dda0127e66128e584499913c1501cbc703b3da46d322973d0a4a42dad0b5f5a05cfe942834b8134dd859af95b08a6cd4"
    "9db83bb8f366bfc743efeec78ef86a0faad56ccb12ae5af9dfaa6fe4ad"
)
SLOTS = (
    "a9cdb9f8905d05928218e8a20181a70163457661026870617373776f72640350000102030405060708090a0b0c0d0e0f"
    "040105080601075898000102030405060708090a0b0c0d0e0f1011121314151617469d99ae1451484dc3ad39c7c777c6"
    "5d9531ea6f47636e70e1dc884610f19c9e44b761452efe58052723841bdd366f8b2f9a9cc6866d6794bebedcb9763075"
    "9109d28c61259e87ce39dfe6a23a628957e921b62bea41d2e971d5dcdf604afc85c0f64b291f663351ac5294b3bb05b5"
    "0bc6a862dc27b098c327190026170f619102582087398bf23881bb4b2e0d34620f55aa94daee5b7badf873ea54f7375e"
    "99c7276b"
)


def test_names_and_keys_that_follow_from_secrets() -> None:
    assert Card(SECRET).lookup == "ydbrm3kgy45xysry7jdkpck5hi"
    assert Card(SECRET).public_key.hex() == "0dbf7c3fd2f8094fff12fa3abb7125e7d9121072a1ad3baa82073d424b15f00b"
    assert card_text(SECRET) == "POSTA:CARD:1:AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQTCQKRMFYYDENBWHA5DYPQ6XLCYE"
    with_pin = Card(SECRET, asks_pin=True, pin="2749")
    assert (with_pin.lookup, read_card(card_text(SECRET, asks_pin=True)).with_pin("2749")) == (
        Card(SECRET).lookup,
        with_pin,
    )
    assert with_pin.public_key.hex() == "614299f70c220da0d0f3696f2f0c02853679f9dc53716ae9ce273bcd02b91c5c"
    code = code_key(OrgId("org"), "14233456", "48213377")
    assert code.lookup == "qtbk7ndc5abwqhhkphmvgzlroe"
    assert code.key.hex() == "f754dcd03999ae301e79e9caeca04d594b15d6526f6431f4eac074833e251809"
    assert mailbox_id(SECRET[:16]) == "a6bsayx672ak4liubj3hmqgc2q"
    assert scope_key_id(SECRET).hex() == "13dda0127e66128e"
    assert template_hash("texto").hex() == "87cd8bd1ac46b1c177d8289567c103e50211f76e5c9794e94a5dce3c2dbfed9f"
    assert device_id(SECRET) == "nxq72qn7dz7fhcb6"


def test_public_keys_of_a_known_seed() -> None:
    """The first vector of many Ed25519 test suites: seed 00 01 … 1f."""
    public = DeviceKeys.make(lambda size: SECRET[:size]).public
    assert public.signing.hex() == "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
    assert public.box.hex() == "8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f"


def test_an_envelope_of_version_1_opens(clinic: Clinic) -> None:
    envelope = unpack(bytes.fromhex(ENVELOPE))
    check_envelope(envelope, clinic.log)
    assert open_envelope(envelope, Keyring().plus(envelope.header.scope, SECRET), {}) == ops_about("p1")


def test_a_slot_file_of_version_1_opens() -> None:
    opened = Slots.read(bytes.fromhex(SLOTS), weak_for_tests=True).open("lluvia sobre el techo")
    assert (opened.store_key, opened.user_id, opened.label) == (SECRET, UserId("eva"), "Eva")
