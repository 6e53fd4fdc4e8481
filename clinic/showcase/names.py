# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, numbers and places for invented people of the Argentine north. Every list and every place is made
up for Posta."""

from itertools import pairwise
from random import Random

from clinic.domain.facts import Gender

_Decades = tuple[tuple[int, str], ...]

# (born before, given names by falling frequency)
_WOMEN: _Decades = (
    (
        1950,
        (
            "María Rosa Juana Elena Dominga Ramona Elvira Teresa Nélida Irma Blanca Felisa Aurelia Paula "
            "Delia Hilaria"
        ),
    ),
    (
        1970,
        (
            "Mirta Graciela Norma Susana Rosa Alicia Mercedes Lidia Estela Nilda Zulma Gladys Olga "
            "Catalina Beatriz Isabel"
        ),
    ),
    (
        1990,
        (
            "Claudia Sandra Verónica Lorena Natalia Carina Analía Mónica Patricia Gabriela Andrea "
            "Viviana Roxana Daniela"
        ),
    ),
    (
        2005,
        (
            "Florencia Yamila Rocío Micaela Camila Antonella Melisa Brenda Celeste Noelia Macarena "
            "Agustina Soledad Sabrina"
        ),
    ),
    (
        9999,
        (
            "Martina Catalina Emma Sofía Valentina Isabella Delfina Morena Guadalupe Pilar Abril Zoe "
            "Ámbar Renata Julieta"
        ),
    ),
)
_MEN: _Decades = (
    (
        1950,
        (
            "José Juan Ramón Pedro Francisco Antonio Domingo Eusebio Hipólito Isidro Nicanor Florentino "
            "Anselmo Roque"
        ),
    ),
    (
        1970,
        (
            "Carlos Jorge Luis Miguel Oscar Hugo Rubén Mario Néstor Raúl Víctor Ricardo Héctor Alberto "
            "Orlando Ernesto"
        ),
    ),
    (
        1990,
        (
            "Marcelo Sergio Daniel Walter Gustavo Fabián Claudio Javier Pablo Diego Adrián Cristian "
            "Ariel Darío Gabriel"
        ),
    ),
    (
        2005,
        (
            "Matías Nicolás Leandro Franco Emanuel Maximiliano Gonzalo Ezequiel Brian Jonathan Facundo "
            "Lucas Alexis Kevin"
        ),
    ),
    (
        9999,
        (
            "Benjamín Mateo Thiago Bautista Joaquín Felipe Lorenzo Santino Ciro Valentino Bastián Tomás "
            "León Dante Gael"
        ),
    ),
)
_FAMILIES = [
    "González",
    "Gómez",
    "Rodríguez",
    "Fernández",
    "López",
    "Díaz",
    "Martínez",
    "Romero",
    "Sosa",
    "Benítez",
    "Ramírez",
    "Acosta",
    "Flores",
    "Medina",
    "Ruiz",
    "Torres",
    "Cardozo",
    "Vera",
    "Segovia",
    "Barrios",
    "Ojeda",
    "Maidana",
    "Villalba",
    "Aguirre",
    "Ledesma",
    "Paz",
    "Juárez",
    "Cruz",
    "Mamani",
    "Quispe",
    "Choque",
    "Vilte",
    "Arias",
    "Soria",
    "Ibarra",
    "Coria",
    "Palavecino",
    "Rojas",
    "Salto",
    "Frías",
    "Cuellar",
    "Zalazar",
    "Molina",
    "Toledo",
    "Bravo",
    "Ayala",
    "Insaurralde",
    "Verón",
]
_PLACES = (
    "Paraje Tres Quebrachos",
    "Colonia Arroyo Manso",
    "Lote 14, Pozo del Chañar",
    "Paraje La Tuna Vieja",
    "Barrio Estación, Villa Algarrobal",
    "Colonia Santa Elvira Norte",
    "Paraje Palo Labrado",
    "Puesto El Mistolar",
    "Barrio San Expedito, Villa Algarrobal",
    "Finca Las Chuñas",
)
_STREETS = (
    "Los Lapachos;Maestra Clara Funes;25 de Mayo;Ruta 81 vieja;Del Carpintero;Los Troperos;9 de Julio".split(
        ";"
    )
)
FACILITIES = (
    ("Hospital Villa Algarrobal", "25 de Mayo 410, Villa Algarrobal", "+54 387 490 0100", -23.512, -62.911),
    ("Posta Tres Quebrachos", "Paraje Tres Quebrachos", "+54 387 490 0131", -23.684, -62.702),
    ("Centro de Salud Arroyo Manso", "Colonia Arroyo Manso", "+54 387 490 0162", -23.371, -63.044),
    ("Posta Palo Labrado", "Paraje Palo Labrado", "+54 387 490 0193", -23.829, -62.558),
)
CLINICIANS = (
    "Dra. Norma Arias",
    "Dr. Pablo Vilte",
    "Dra. Carina Segovia",
    "Dr. Hugo Palavecino",
    "Enf. Mirta Coria",
)

# about which document number was given out to people born that year
_NUMBERS = (
    (1930, 4.0),
    (1950, 8.0),
    (1960, 14.0),
    (1970, 21.5),
    (1980, 28.0),
    (1990, 35.0),
    (2000, 42.5),
    (2010, 50.0),
    (2026, 62.0),
)


def given_names(random: Random, gender: Gender, year: int) -> tuple[str, ...]:
    """One or two given names that were usual for people born in that year."""
    decades = _WOMEN if gender is Gender.FEMALE else _MEN
    usual = next(names for before, names in decades if year < before).split()
    first = _frequent(random, usual)
    second = _frequent(random, usual)
    return (first,) if random.random() < 0.3 or second == first else (first, second)


def family_name(random: Random) -> str:
    first = _frequent(random, _FAMILIES)
    second = _frequent(random, _FAMILIES)
    return first if random.random() < 0.85 or second == first else f"{first} {second}"


def _frequent(random: Random, ordered: list[str]) -> str:
    """Earlier entries come more often."""
    return ordered[int(len(ordered) * random.random() ** 1.7)]


def document_number(random: Random, year: int, taken: set[str]) -> str:
    """A DNI that fits the year of birth and is not in `taken`, to which it is added."""
    number = int((_millions(year) + random.uniform(-0.45, 0.45)) * 1_000_000)
    while str(number) in taken:
        number += 1
    taken.add(str(number))
    return str(number)


def _millions(year: int) -> float:
    for (y0, n0), (y1, n1) in pairwise(_NUMBERS):
        if year <= y1:
            return n0 + (max(year, y0) - y0) / (y1 - y0) * (n1 - n0)
    return _NUMBERS[-1][1]


def phone(random: Random) -> str:
    return f"+54 9 387 4{random.randint(10, 99)} {random.randint(0, 9999):04d}"


def address(random: Random) -> str:
    place = random.choice(_PLACES)
    return (
        f"{random.choice(_STREETS)} {random.randint(10, 1900)}, {place}" if random.random() < 0.45 else place
    )
