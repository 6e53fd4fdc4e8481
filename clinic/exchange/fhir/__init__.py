# SPDX-License-Identifier: GPL-3.0-or-later
"""FHIR R4 (4.0.1) Bundles and the facts of a record: pure mapping and validation, both ways.

A file becomes a tree (`tree`), a Bundle (`bundle`), resources with owners and ids (`owners`), facts (`kinds`, with a room
for each part of care); facts become resources (`kinds`), laid over what came in (`overlay`). Nothing here touches a
store. May import: `clinic.domain`, `clinic.protocol.codec`, `clinic.keys.hashing`, fhirkit. Example::

    from clinic.exchange.fhir.bundle import read_bundle
    read_bundle(Path("chart.json").read_bytes()).entries
"""
