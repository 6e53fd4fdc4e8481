# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is who in the story of trust, and on which machine. All of them are invented."""

from clinic.showcase import cast
from clinic.showcase.founding import Newcomer

ADMIN, CLINICIAN = cast.ADMIN, cast.CLINICIAN
NURSE, OFFICER, NEW_ADMIN = "Rita Mamaní", "Elena Funes", "Julia Ponce"
OTHER_TEAM = "Hospital Cerro Verde"
NURSE_COMPUTER, OFFICER_COMPUTER, NEW_COMPUTER = "Guardia", "Auditoría", "Administración nueva"
KEEPER = Newcomer("keeper", "custodian", "station", "Custodia", "Custodia")
COMPLIANCE = Newcomer("officer", "compliance", "desktop", OFFICER, OFFICER_COMPUTER)
MACHINES = ("station", "desktop", "second", "keeper", "officer", "fresh")
"""Those where a person has a password."""
REASON = "Llegó inconsciente a la guardia, sin familiares ni documentos de su salud"
FOUND = "Hablé con Rita y con la guardia: la paciente llegó sola e inconsciente. Fue correcto."
WHY_LOST = "Quedó en el colectivo"
WHY_TAKEN = "Alicia ya no puede entrar; no queda nadie en la administración"
AFTER_FAMILY, AFTER_GIVEN, AFTER_NUMBER = "Ñancupil", "Teodora", "31554902"
"""Somebody who is registered only after a computer was lost."""
