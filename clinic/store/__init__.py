# SPDX-License-Identifier: GPL-3.0-or-later
"""F3: the encrypted book of one device. Everything is SQLCipher ciphertext at rest; SQL is written here and nowhere above.

May import: `clinic.domain`, `clinic.protocol`, `clinic.sync`, `clinic.keys`, SQLAlchemy, sqlcipher3. Example::

    book = Book.open(home / "book.db", key)
    changes = book.write(lambda page: page.file_op(op, scope))
    people = book.read(lambda page: page.find_people("gomez mar"))
"""
