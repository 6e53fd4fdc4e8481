# SPDX-License-Identifier: GPL-3.0-or-later
"""What instruments send becomes a number in our units, or a refusal that says what to do; nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clinic.domain.errors import Refusal
from clinic.domain.instruments.glucose import glucose
from clinic.domain.instruments.heart import heart_rate
from clinic.domain.instruments.kinds import PROFILES, Kind, kind_of, uuid
from clinic.domain.instruments.octets import Missing, Octets
from clinic.domain.instruments.oxygen import continuous, spot_check
from clinic.domain.instruments.pressure import blood_pressure
from clinic.domain.instruments.readings import EDGES, Doubt, Reading, Unready
from clinic.domain.instruments.streams import SETTLED, heard
from clinic.domain.instruments.temperature import temperature
from clinic.domain.instruments.weight import weight
from tests.clinic.domain.instruments.packets import (
    MINUS,
    NAN,
    NRES,
    PLUS,
    RESERVED,
    SPECIAL,
    cuff,
    meter,
    sfloat,
    spot,
    stream,
    thermometer,
)

DECODERS = [decode for profile in PROFILES.values() for decode in profile.readers.values()]
MORNING = datetime(2026, 11, 21, 10, 0)


def values(reading: Reading) -> dict[str, str]:
    return {key: str(value) for key, value in reading.values.items()}


# Numbers of IEEE 11073


@pytest.mark.parametrize(
    ("word", "number"),
    [
        (0x0072, Decimal(114)),
        (0xF4B0, Decimal("120.0")),  # 1200 × 10⁻¹
        (0xFFFF, Decimal("-0.1")),
        (0x1001, Decimal(10)),
        (0xB064, Decimal("0.00100")),  # 100 × 10⁻⁵
        (0x07FD, Decimal(2045)),
        (0x0803, Decimal(-2045)),
        (NAN, Missing.NO_NUMBER),
        (NRES, Missing.NOT_AT_THIS_RESOLUTION),
        (RESERVED, Missing.RESERVED),
        (PLUS, Missing.TOO_HIGH),
        (MINUS, Missing.TOO_LOW),
    ],
)
def test_a_short_number_is_read_and_a_special_one_is_none(word: int, number: Decimal | Missing) -> None:
    assert Octets(word.to_bytes(2, "little")).sfloat() == number


@pytest.mark.parametrize(
    ("word", "number"),
    [
        (0xFF00016C, Decimal("36.4")),  # the example of the Health Thermometer Service
        (0xFE000E42, Decimal("36.50")),
        (0xFFFFFFFF, Decimal("-0.1")),
        (0x007FFFFF, Missing.NO_NUMBER),
        (0x00800000, Missing.NOT_AT_THIS_RESOLUTION),
        (0x00800001, Missing.RESERVED),
        (0x007FFFFE, Missing.TOO_HIGH),
        (0x00800002, Missing.TOO_LOW),
    ],
)
def test_a_long_number_is_read_and_a_special_one_is_none(word: int, number: Decimal | Missing) -> None:
    assert Octets(word.to_bytes(4, "little")).float() == number


# Each instrument


def test_a_cuff_gives_both_numbers_the_pulse_and_its_own_time() -> None:
    reading = blood_pressure(cuff(at=MORNING, pulse=sfloat(71), status=0))
    assert values(reading) == {"systolic": "128", "diastolic": "82", "heart_rate": "71"}
    assert (reading.clock, reading.doubts, dict(reading.missing)) == (MORNING, (), {})


def test_kilopascals_become_millimetres_of_mercury() -> None:
    reading = blood_pressure(cuff(sfloat(160, -1), sfloat(107, -1), kpa=True))  # 16.0 and 10.7 kPa
    assert values(reading) == {"systolic": "120", "diastolic": "80"}


@pytest.mark.parametrize("special", SPECIAL)
def test_half_a_blood_pressure_is_refused_but_a_pulse_may_be_missing(special: int) -> None:
    with pytest.raises(Refusal):
        blood_pressure(cuff(upper=special))
    with pytest.raises(Refusal):
        blood_pressure(cuff(lower=special))
    reading = blood_pressure(cuff(pulse=special))
    assert set(reading.values) == {"systolic", "diastolic"}
    assert set(reading.missing) == {"heart_rate"}


def test_beyond_the_cuff_is_said_otherwise_than_no_number() -> None:
    with pytest.raises(Refusal, match="beyond"):
        blood_pressure(cuff(upper=PLUS))
    with pytest.raises(Refusal, match="no number"):
        blood_pressure(cuff(upper=NAN))


@pytest.mark.parametrize(("bit", "said"), [(0, "moved"), (1, "too loose"), (5, "height of your heart")])
def test_a_measurement_the_cuff_does_not_trust_is_refused_with_what_to_do(bit: int, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        blood_pressure(cuff(status=1 << bit))


def test_an_irregular_pulse_is_said_and_one_out_of_the_cuffs_range_is_none() -> None:
    assert blood_pressure(cuff(status=1 << 2)).doubts == (Doubt.IRREGULAR_PULSE,)
    assert blood_pressure(cuff(pulse=sfloat(180), status=1 << 3)).missing == {"heart_rate": Missing.TOO_HIGH}
    assert blood_pressure(cuff(pulse=sfloat(30), status=2 << 3)).missing == {"heart_rate": Missing.TOO_LOW}


def test_an_oximeter_gives_oxygen_and_pulse_once_or_as_a_stream() -> None:
    once, flowing = (
        spot_check(spot(sfloat(97), sfloat(72), at=MORNING)),
        continuous(stream(sfloat(97), sfloat(72))),
    )
    assert values(once) == values(flowing) == {"spo2": "97", "heart_rate": "72"}
    assert (once.streamed, flowing.streamed) == (False, True)
    assert once.clock == MORNING


def test_oxygen_without_a_pulse_counts_and_a_pulse_without_oxygen_does_not() -> None:
    assert values(spot_check(spot(sfloat(97), NAN))) == {"spo2": "97"}
    with pytest.raises(Refusal):
        spot_check(spot(NAN, sfloat(72)))


@pytest.mark.parametrize("bit", [5, 6, 12])
def test_an_oximeter_that_still_measures_gives_no_number_yet(bit: int) -> None:
    with pytest.raises(Unready):
        continuous(stream(sfloat(97), sfloat(72), status=1 << bit))


@pytest.mark.parametrize("bit", [9, 10, 11, 13, 14, 15])
def test_what_an_oximeter_stored_demonstrates_or_questions_is_refused(bit: int) -> None:
    with pytest.raises(Refusal):
        spot_check(spot(sfloat(97), sfloat(72), status=1 << bit))


@pytest.mark.parametrize("bit", [*range(1, 5), *range(6, 16)])
def test_a_sensor_that_cannot_see_the_finger_gives_no_number(bit: int) -> None:
    with pytest.raises(Refusal):
        spot_check(spot(sfloat(97), sfloat(72), sensor=1 << bit))


def test_little_blood_in_the_finger_is_said() -> None:
    assert spot_check(spot(sfloat(97), sfloat(72), sensor=1 << 5)).doubts == (Doubt.WEAK_SIGNAL,)


def test_the_clock_of_an_oximeter_that_was_never_set_is_not_believed() -> None:
    octets = bytearray(spot(sfloat(97), sfloat(72), at=MORNING))
    octets[0] |= 16
    assert spot_check(bytes(octets)).clock is None


def test_a_temperature_is_celsius_whatever_the_thermometer_shows() -> None:
    assert values(temperature(bytes.fromhex("006c0100ff"))) == {"temperature": "36.4"}
    assert values(temperature(thermometer(1004, -1, 1))) == {"temperature": "38.0"}  # 100.4 °F


@pytest.mark.parametrize("place", [4, 8])
def test_a_finger_or_a_toe_is_not_the_body(place: int) -> None:
    with pytest.raises(Refusal, match="finger or a toe"):
        temperature(thermometer(365, -1, 4, bytes((place,))))
    assert temperature(thermometer(365, -1, 4, b"\x01")).values


def test_a_weight_is_kilograms_whatever_the_scale_shows() -> None:
    assert values(weight(bytes.fromhex("00f43b"))) == {"weight": "76.74"}  # 15,348 steps of 5 g
    assert values(weight(bytes.fromhex("011c3e"))) == {"weight": "72.12"}  # 159.00 lb
    with pytest.raises(Refusal, match="no number"):
        weight(bytes.fromhex("00ffff"))


def test_glucose_is_milligrams_whatever_the_meter_shows() -> None:
    assert values(glucose(meter(sfloat(99, -5)))) == {"glucose": "99"}  # 0.00099 kg/L
    assert values(glucose(meter(sfloat(55, -4), moles=True))) == {"glucose": "99"}  # 5.5 mmol/L


def test_a_meters_clock_has_the_offset_its_owner_set() -> None:
    assert glucose(meter(sfloat(99, -5), offset=-180)).clock == MORNING - timedelta(hours=3)


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        (0x1A, 0, "test"),
        (0x41, 0, "test"),
        (0x19, 0, "blood"),
        (0x11, 1 << 1, "wrong with it"),
        (0x11, 1 << 2, "new strip"),
        (0x11, 1 << 5, "beyond"),
        (0x11, 1 << 8, "too cold"),
    ],
)
def test_glucose_that_is_not_of_her_blood_or_not_trusted_is_refused(
    kind: int, status: int, said: str
) -> None:
    with pytest.raises(Refusal, match=said):
        glucose(meter(sfloat(99, -5), kind=kind, status=status))


def test_a_heart_rate_is_read_in_one_octet_or_two_with_all_that_may_follow() -> None:
    for octets in ("0048", "014800", "0648", "08480100", "104800040003", "1048ff03"):
        assert values(heart_rate(bytes.fromhex(octets))) == {"heart_rate": "72"}


def test_a_strap_that_feels_no_skin_or_no_pulse_gives_no_number() -> None:
    for octets in ("0448", "0000"):
        with pytest.raises(Refusal, match="does not feel you"):
            heart_rate(bytes.fromhex(octets))


# Whatever comes


@pytest.mark.parametrize("decode", DECODERS)
@given(octets=st.binary(max_size=40))
@example(octets=b"")
@example(octets=b"\xff" * 20)
def test_any_octets_give_a_reading_in_range_or_a_refusal(
    decode: Callable[[bytes], Reading], octets: bytes
) -> None:
    try:
        reading = decode(octets)
    except Refusal:
        return
    assert reading.values
    assert reading.octets == octets
    for key, value in reading.values.items():
        assert value.is_finite() and 0 < value <= EDGES[key]
    assert not set(reading.values) & set(reading.missing)


WHOLE = {
    blood_pressure: cuff(at=MORNING, pulse=sfloat(71), status=0),
    spot_check: spot(sfloat(97), sfloat(72), at=MORNING),
    continuous: stream(sfloat(97), sfloat(72)),
    temperature: thermometer(365, -1, 4, b"\x01"),
    weight: bytes.fromhex("00f43b"),
    glucose: meter(sfloat(99, -5)),
    heart_rate: bytes.fromhex("014800"),
}


@pytest.mark.parametrize("decode", DECODERS)
def test_one_octet_less_or_more_is_refused(decode: Callable[[bytes], Reading]) -> None:
    whole = WHOLE[decode]
    assert decode(whole).values
    for cut in range(len(whole)):
        with pytest.raises(Refusal, match="cannot be read"):
            decode(whole[:cut])
    with pytest.raises(Refusal, match="cannot be read"):
        decode(whole + b"\x00")


@given(
    upper=st.integers(1, 399),
    lower=st.integers(1, 399),
    exponent=st.sampled_from([0, -1]),
)
def test_every_pressure_a_cuff_can_send_comes_out_as_it_was(upper: int, lower: int, exponent: int) -> None:
    scale = 10**-exponent
    sent = [sfloat(min(number * scale, 2045), exponent) for number in (upper, lower)]
    read = [round(Decimal(min(number * scale, 2045)) / scale) for number in (upper, lower)]
    reading = blood_pressure(cuff(*sent))
    assert [reading.values["systolic"], reading.values["diastolic"]] == read


def test_a_day_that_is_none_is_no_clock() -> None:
    octets = bytearray(cuff(at=MORNING))
    octets[9] = 13  # the month
    assert blood_pressure(bytes(octets)).clock is None


def test_a_clock_is_off_by_more_than_minutes_or_not_at_all() -> None:
    reading = blood_pressure(cuff(at=MORNING))
    assert reading.clock_is_off(MORNING + timedelta(minutes=4)) is None
    assert reading.clock_is_off(MORNING + timedelta(days=3)) == timedelta(days=3)
    assert reading.clock_is_off(MORNING - timedelta(hours=1)) == timedelta(hours=-1)
    assert blood_pressure(cuff()).clock_is_off(MORNING) is None


# Streams and kinds


def test_of_a_stream_the_first_number_that_has_settled_counts() -> None:
    last: tuple[Reading, ...] = ()
    came = []
    for oxygen in (80, 91, 96, 97, 97, 97, 98, 97):
        last, settled = heard(last, continuous(stream(sfloat(oxygen), sfloat(72))))
        came.append(settled)
    assert [one is not None for one in came] == [False] * (SETTLED + 1) + [True, False]
    assert came[SETTLED + 1].values["spo2"] == 98  # type: ignore[union-attr]  # it is there


def test_an_instrument_is_known_by_its_service() -> None:
    assert kind_of(frozenset({uuid(0x180A), uuid(0x1810)})) is Kind.CUFF
    assert kind_of(frozenset({uuid(0x180A)})) is None
