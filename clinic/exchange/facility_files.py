# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of health facilities that a clinic brings: CSV, or GeoJSON (RFC 7946) with a point for each."""

import json
import math
from dataclasses import dataclass
from typing import Any

from clinic.domain.errors import Refusal
from clinic.domain.wording import folded, phrase
from clinic.exchange.delimited import Progress, refuse, rows_of, text_of

COLUMNS = {
    "id": ("id", "code", "codigo", "establecimiento_id", "refes", "cnes"),
    "name": ("name", "nombre", "nome", "establecimiento_nombre"),
    "kind": ("kind", "type", "tipo", "tipologia", "tipologia_nombre", "healthcare", "amenity"),
    "address": ("address", "direccion", "domicilio", "endereço", "addr full", "addr:full"),
    "phone": ("phone", "telefono", "telefone", "tel", "contact phone", "contact:phone"),
    "latitude": ("latitude", "lat", "latitud", "y"),
    "longitude": ("longitude", "lon", "lng", "long", "longitud", "x"),
}
MOST = 200_000


@dataclass(frozen=True, slots=True)
class Facility:
    """`latitude`, `longitude`: degrees in WGS 84, both or neither; `code`: its number in the list it comes from, or ''."""

    name: str
    kind: str = ""
    address: str = ""
    phone: str = ""
    latitude: float | None = None
    longitude: float | None = None
    code: str = ""

    @property
    def key(self) -> str:
        """What makes it the same facility the next time: its number, else its name and address."""
        return f"#{self.code}" if self.code else f"{phrase(self.name)}|{phrase(self.address)}"


def read_facilities(data: bytes, progress: Progress | None = None) -> tuple[Facility, ...]:
    """Every facility of a CSV or GeoJSON file. Refused with the lines (or feature numbers) that are wrong."""
    geojson = text_of(data).lstrip().startswith("{")
    rows = _features(data) if geojson else _lines(data, progress)
    found: dict[str, tuple[str, Facility]] = {}
    complaints: list[str] = []
    for where, cells in rows:
        made = _facility(cells)
        if isinstance(made, str):
            complaints.append(f"{where}: {made}")
        elif made.key in found:
            complaints.append(f"{where}: the same facility as {found[made.key][0]}")
        else:
            found[made.key] = (where, made)
    refuse(complaints)
    if not found:
        raise Refusal("The file has no facilities.")
    if len(found) > MOST:
        raise Refusal("The file has more than 200,000 facilities. Bring the ones of your region.")
    return tuple(facility for _, facility in found.values())


def _lines(data: bytes, progress: Progress | None) -> list[tuple[str, dict[str, str]]]:
    return [(f"line {row.line}", dict(row.cells)) for row in rows_of(data, COLUMNS, ("name",), progress)]


def _features(data: bytes) -> list[tuple[str, dict[str, str]]]:
    try:
        read = json.loads(text_of(data))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise Refusal("Line {line} is not JSON. Export the file again.", line=line) from error
    features = read.get("features") if isinstance(read, dict) else None
    if not isinstance(features, list):
        raise Refusal("This JSON is not a GeoJSON FeatureCollection. Export the file as GeoJSON.")
    return [(f"feature {number}", _feature(one)) for number, one in enumerate(features, start=1)]


def _feature(feature: object) -> dict[str, str]:
    """Cells by the names of COLUMNS; a shape that is no point gives none, and is complained of as having no name."""
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        return {}
    told = {folded(str(key)): value for key, value in feature["properties"].items()}
    cells = {
        name: str(told[folded(alias)]).strip()
        for name, aliases in COLUMNS.items()
        for alias in reversed(aliases)
        if isinstance(told.get(folded(alias)), str | int | float)
    }
    return {**cells, **_point(feature.get("geometry"))}


def _point(geometry: Any) -> dict[str, str]:
    """GeoJSON has longitude first."""
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return {}
    at = geometry.get("coordinates")
    if not isinstance(at, list) or len(at) < 2:
        return {}
    return {"longitude": str(at[0]), "latitude": str(at[1])}


def _facility(cells: dict[str, str]) -> Facility | str:
    """The facility, or what is wrong with it."""
    name = cells.get("name", "")
    if not name:
        return "it has no name"
    if max(map(len, cells.values())) > 1_000 or any(ord(c) < 32 for cell in cells.values() for c in cell):
        return "a cell is longer than 1,000 characters or holds control characters"
    place = _place(cells.get("latitude", ""), cells.get("longitude", ""))
    if isinstance(place, str):
        return place
    said = {one: cells.get(one, "") for one in ("kind", "address", "phone")}
    return Facility(name, **said, latitude=place[0], longitude=place[1], code=cells.get("id", ""))


def _place(latitude: str, longitude: str) -> tuple[float | None, float | None] | str:
    if not latitude and not longitude:
        return None, None
    try:
        at = (float(latitude.replace(",", ".")), float(longitude.replace(",", ".")))
    except ValueError:
        return "latitude and longitude must be two numbers, such as -26.18 and -58.17"
    if not all(map(math.isfinite, at)) or abs(at[0]) > 90 or abs(at[1]) > 180:
        return "latitude lies between -90 and 90, longitude between -180 and 180"
    if at == (0.0, 0.0):
        return "0, 0 lies in the sea: leave both empty if the place is not known"
    return at
