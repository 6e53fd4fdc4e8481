# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys under which people who may be the same are looked for; triggers note whose keys have to be made anew.

Everybody's have to be, when the next one is looked for.
"""

BEFORE = (
    "CREATE TABLE person_key (key INTEGER NOT NULL, no INTEGER NOT NULL, PRIMARY KEY (key, no)) WITHOUT ROWID",
    "CREATE TABLE person_unkeyed (patient TEXT PRIMARY KEY) WITHOUT ROWID",
    "INSERT INTO person_unkeyed (patient) SELECT patient FROM person",
    # not INSERT OR IGNORE: the statement that fires a trigger decides what happens on a conflict inside it
    """CREATE TRIGGER person_is_new AFTER INSERT ON person BEGIN
        INSERT INTO person_unkeyed (patient) SELECT new.patient
        WHERE NOT EXISTS (SELECT 1 FROM person_unkeyed WHERE patient = new.patient); END""",
    """CREATE TRIGGER person_is_other AFTER UPDATE OF family, given, birth_date, dni ON person
        WHEN old.family <> new.family OR old.given <> new.given OR old.birth_date IS NOT new.birth_date OR old.dni <> new.dni
        BEGIN INSERT INTO person_unkeyed (patient) SELECT new.patient
        WHERE NOT EXISTS (SELECT 1 FROM person_unkeyed WHERE patient = new.patient); END""",
)
