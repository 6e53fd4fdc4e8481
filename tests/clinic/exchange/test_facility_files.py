# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of facilities as CSV or GeoJSON: where each is, or which line is wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.errors import Refusal
from clinic.exchange.facility_files import Facility, read_facilities

CSV = """id,nombre,tipo,domicilio,telefono,lat,lon
12,Hospital Central,hospital,"Salta 555, Formosa",370 443-0000,-26.18,-58.17
,Posta El Quebracho,posta,,,,
"""
CENTRAL = Facility("Hospital Central", "hospital", "Salta 555, Formosa", "370 443-0000", -26.18, -58.17, "12")


def point(*at: object, **told: object) -> dict[str, object]:
    return {"type": "Feature", "properties": told, "geometry": {"type": "Point", "coordinates": list(at)}}


def collection(*features: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_a_table_and_a_map_say_the_same() -> None:
    told = {"id": 12, "Nombre": "Hospital Central", "tipo": "hospital", "domicilio": "Salta 555, Formosa"}
    geo = collection(point(-58.17, -26.18, **told, telefono="370 443-0000"), point(name="Posta El Quebracho"))
    expected = (CENTRAL, Facility("Posta El Quebracho", "posta"))
    assert read_facilities(CSV.encode()) == expected
    assert read_facilities(geo)[0] == CENTRAL


def test_what_is_empty_stays_empty() -> None:
    post = read_facilities(CSV.encode())[1]
    assert (post.latitude, post.longitude, post.address, post.code) == (None, None, "", "")


def test_a_decimal_comma_is_a_decimal_point() -> None:
    found = read_facilities(b"name;lat;lon\nPosta;-26,5;-58,25\n")
    assert (found[0].latitude, found[0].longitude) == (-26.5, -58.25)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"tipo,lat\nposta,1\n", "Not found: name"),
        (b"name,lat,lon\n,1,2\n", "line 2: it has no name"),
        (b"name,lat,lon\nA,91,2\n", "line 2: latitude lies between"),
        (b"name,lat,lon\nA,1,181\n", "line 2: latitude lies between"),
        (b"name,lat,lon\nA,nan,2\n", "line 2: latitude lies between"),
        (b"name,lat,lon\nA,1,\n", "line 2: latitude and longitude must be two numbers"),
        (b"name,lat,lon\nA,norte,2\n", "two numbers"),
        (b"name,lat,lon\nA,0,0\n", "lies in the sea"),
        (b"name\nA\na\n", "line 3: the same facility as line 2"),
        (b"name\n", "no facilities"),
        (b"name\nNi\xf1o\n", "Line 2 is not UTF-8"),
        (b'{"type": "FeatureCollection"', "Line 1 is not JSON"),
        (b'{"type": "Feature"}', "not a GeoJSON FeatureCollection"),
        (collection(point(-58, -26, kind="x")), "feature 1: it has no name"),
        (collection(point("a", "b", name="A")), "feature 1: latitude and longitude must be two numbers"),
        (collection(7), "feature 1: it has no name"),
        (collection(), "no facilities"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(data: bytes, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        read_facilities(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(["name", "properties", "geometry",
        "coordinates", "type", "lat"]), inside, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(JSON, max_size=4))
def test_any_json_is_facilities_or_a_sentence(features: list[object]) -> None:
    try:
        found = read_facilities(collection(*features))
    except Refusal:
        return
    assert all(one.name for one in found)
