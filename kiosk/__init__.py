# SPDX-License-Identifier: GPL-3.0-or-later
"""The patient's face: one visit, one process. A supervisor without Qt starts a session child per patient;
its death is the wipe.

May import `clinic` and `desktop.kit`, never `desktop.screens`. `flow`, `presence`, `questionnaire`,
`card_reader`, `restarts` and every
`screens.*.logic` import no Qt. Example: `python -m kiosk --home ~/kiosk --server https://clinic.example`.
"""
