# SPDX-License-Identifier: GPL-3.0-or-later
"""What the invented people have and take: ICD-10 conditions with their usual medicines, effects on vitals
and words in a note."""

from dataclasses import dataclass

from clinic.domain.values import ATC, ICD10, Coding


@dataclass(frozen=True, slots=True)
class Medicine:
    """`every_hours` between doses of `dose`."""

    code: str
    name: str
    dose: str
    every_hours: int
    route: str = "oral"

    @property
    def coding(self) -> Coding:
        return Coding(system=ATC, code=self.code, display=self.name)


@dataclass(frozen=True, slots=True)
class Ailment:
    """A condition with how common it is: share of people from `from_age`, rising to `at_70`.

    `shifts`: what it adds to a vital (untreated). `medicines`: groups of which one each is taken.
    The four tuples of phrases fill notes; `{sys}` and the like are that visit's own readings.
    """

    code: str
    name: str
    from_age: int
    share: float
    at_70: float
    shifts: tuple[tuple[str, float], ...]
    medicines: tuple[tuple[Medicine, ...], ...]
    told: tuple[str, ...]
    found: tuple[str, ...]
    judged: tuple[str, ...]
    planned: tuple[str, ...]
    to_age: int = 120

    @property
    def coding(self) -> Coding:
        return Coding(system=ICD10, code=self.code, display=self.name)


_ENALAPRIL = Medicine("C09AA02", "Enalapril", "10 mg", 12)
_LOSARTAN = Medicine("C09CA01", "Losartán", "50 mg", 24)
_AMLODIPINE = Medicine("C08CA01", "Amlodipina", "5 mg", 24)
_METFORMIN = Medicine("A10BA02", "Metformina", "850 mg", 12)
_SALBUTAMOL = Medicine("R03AC02", "Salbutamol", "200 mcg", 8, "inhaled")
_BUDESONIDE = Medicine("R03BA02", "Budesonida", "200 mcg", 12, "inhaled")
_FUROSEMIDE = Medicine("C03CA01", "Furosemida", "40 mg", 24)

AILMENTS = (
    Ailment(
        "I10",
        "Hipertensión esencial (primaria)",
        35,
        0.16,
        0.62,
        (("systolic", 26.0), ("diastolic", 13.0)),
        ((_ENALAPRIL, _LOSARTAN, _AMLODIPINE),),
        (
            "Refiere cefalea occipital por las mañanas.",
            "Sin síntomas; viene por control de presión.",
            "Olvidó tomar la medicación varios días por falta de stock en la posta.",
            "Mareos al levantarse, sin caídas.",
            "Dice cocinar con menos sal desde el último control.",
        ),
        (
            "TA {sys}/{dia} mmHg en brazo derecho, sentada o sentado, tras reposo.",
            "TA {sys}/{dia}. Ruidos cardíacos netos, sin soplos.",
            "TA {sys}/{dia}; segunda toma similar. Sin edemas.",
        ),
        ("Hipertensión arterial en tratamiento.", "HTA con control parcial.", "HTA; adherencia irregular."),
        (
            "Continúa igual esquema; control de TA semanal en la posta.",
            "Se refuerza dieta hiposódica y caminata diaria.",
            "Se solicita creatinina e ionograma.",
            "Se entrega medicación para dos meses.",
        ),
    ),
    Ailment(
        "E11.9",
        "Diabetes mellitus tipo 2 sin complicaciones",
        38,
        0.07,
        0.28,
        (("glucose", 68.0), ("weight", 7.0)),
        (
            (_METFORMIN,),
            (
                Medicine("A10BB01", "Glibenclamida", "5 mg", 24),
                Medicine("A10AC01", "Insulina NPH", "12 UI", 24, "subcutaneous"),
            ),
        ),
        (
            "Refiere sed y orinar de noche dos veces.",
            "Trae registro de glucemias: la mayoría entre 130 y 190.",
            "Hormigueo en ambos pies al acostarse.",
            "Sin síntomas de hipoglucemia.",
            "Consume gaseosa los fines de semana.",
        ),
        (
            "Glucemia capilar {glu} mg/dL. Pies sin lesiones, pulsos presentes.",
            "Glucemia {glu} mg/dL; peso {kg} kg.",
            "Monofilamento conservado en ambos pies. Glucemia {glu} mg/dL.",
        ),
        (
            "Diabetes tipo 2, fuera de objetivo.",
            "DBT2 estable.",
            "DBT2; se conversa sobre metas de glucemia.",
        ),
        (
            "Pide HbA1c y microalbuminuria.",
            "Se enseña cuidado de los pies.",
            "Se repasa plan alimentario con la familia.",
            "Se deriva a fondo de ojo cuando venga el oftalmólogo.",
        ),
    ),
    Ailment(
        "J44.9",
        "Enfermedad pulmonar obstructiva crónica",
        50,
        0.05,
        0.16,
        (("spo2", -3.2), ("respiratory_rate", 2.6)),
        ((Medicine("R03BB04", "Tiotropio", "18 mcg", 24, "inhaled"), _SALBUTAMOL),),
        (
            "Disnea al caminar dos cuadras.",
            "Tos matinal con catarro claro; cocinó con leña muchos años.",
            "Fuma cinco cigarrillos por día.",
        ),
        (
            "Sat {spo2} % aire ambiente. Espiración prolongada, sin sibilancias.",
            "FR {rr}, sat {spo2} %. Roncus aislados en bases.",
        ),
        ("EPOC estable.", "EPOC con disnea clase 2."),
        (
            "Se revisa técnica inhalatoria.",
            "Vacuna antigripal y antineumocócica al día.",
            "Consejo breve para dejar de fumar.",
        ),
    ),
    Ailment(
        "J45.9",
        "Asma, no especificada",
        4,
        0.08,
        0.03,
        (("spo2", -0.8), ("respiratory_rate", 1.2)),
        ((_SALBUTAMOL,), (_BUDESONIDE,)),
        (
            "Tos nocturna dos veces por semana.",
            "Usó el inhalador de rescate tres veces este mes.",
            "Silbido al correr en la escuela o el trabajo.",
        ),
        ("Sibilancias aisladas, sat {spo2} %.", "Buena entrada de aire bilateral. FR {rr}, sat {spo2} %."),
        ("Asma parcialmente controlada.", "Asma intermitente."),
        (
            "Se indica aerocámara y se practica su uso.",
            "Evitar humo de leña dentro de la casa.",
            "Control en un mes.",
        ),
    ),
    Ailment(
        "B57.2",
        "Enfermedad de Chagas (crónica) que afecta al corazón",
        30,
        0.05,
        0.12,
        (("heart_rate", -7.0),),
        ((Medicine("C07AG02", "Carvedilol", "6,25 mg", 12),),),
        (
            "Palpitaciones ocasionales, sin desmayos.",
            "Vivió en rancho de adobe hasta los veinte años.",
            "Sin disnea ni edemas.",
        ),
        (
            "FC {hr} por minuto, pulso irregular por momentos.",
            "FC {hr}. Sin signos de insuficiencia cardíaca.",
        ),
        ("Chagas crónico en seguimiento.", "Miocardiopatía chagásica leve."),
        (
            "ECG de control en el hospital.",
            "Se pide serología a los hijos.",
            "Se avisa a vectores para rociado de la vivienda.",
        ),
    ),
    Ailment(
        "E03.9",
        "Hipotiroidismo, no especificado",
        25,
        0.04,
        0.09,
        (("heart_rate", -4.0), ("weight", 3.0)),
        ((Medicine("H03AA01", "Levotiroxina", "75 mcg", 24),),),
        ("Cansancio y piel seca.", "Toma la levotiroxina en ayunas, sin olvidos."),
        ("Tiroides no palpable. FC {hr}.", "Peso {kg} kg, sin bocio."),
        ("Hipotiroidismo compensado.", "Hipotiroidismo; falta TSH reciente."),
        ("Se solicita TSH.", "Sigue con igual dosis."),
    ),
    Ailment(
        "I50.9",
        "Insuficiencia cardíaca, no especificada",
        60,
        0.03,
        0.09,
        (("heart_rate", 8.0), ("spo2", -1.6), ("respiratory_rate", 2.0), ("weight", 3.0)),
        ((_FUROSEMIDE,), (_ENALAPRIL,)),
        ("Duerme con dos almohadas.", "Se le hinchan los tobillos a la tarde."),
        ("Edema maleolar 1/6. Sat {spo2} %, FC {hr}.", "Peso {kg} kg. Rales escasos en bases, sat {spo2} %."),
        ("Insuficiencia cardíaca compensada.", "IC clase funcional II."),
        ("Peso diario en casa; avisar si sube dos kilos.", "Restricción de sal y líquidos."),
    ),
    Ailment(
        "M17.9",
        "Gonartrosis, no especificada",
        50,
        0.08,
        0.24,
        (("weight", 4.0),),
        ((Medicine("N02BE01", "Paracetamol", "1 g", 8),),),
        ("Dolor de rodillas al bajar escalones.", "Rigidez de diez minutos al levantarse."),
        ("Crepitación en rodilla derecha, sin derrame.", "Marcha conservada, dolor a la flexión."),
        ("Artrosis de rodilla.",),
        ("Ejercicios de cuádriceps, se entrega hoja con dibujos.", "Calor local y paracetamol si hay dolor."),
    ),
    Ailment(
        "D50.9",
        "Anemia por deficiencia de hierro",
        2,
        0.06,
        0.05,
        (("heart_rate", 6.0),),
        ((Medicine("B03AA07", "Sulfato ferroso", "200 mg", 24),),),
        ("Cansancio y palidez que notó la familia.", "Toma el hierro con jugo, lo tolera bien."),
        ("Conjuntivas pálidas. FC {hr}.", "Mucosas rosadas, mejor que el mes pasado."),
        ("Anemia ferropénica en tratamiento.",),
        ("Hemograma en dos meses.", "Consejos sobre alimentos con hierro."),
        60,
    ),
    Ailment(
        "K21.9",
        "Reflujo gastroesofágico sin esofagitis",
        25,
        0.06,
        0.12,
        (),
        ((Medicine("A02BC01", "Omeprazol", "20 mg", 24),),),
        ("Ardor después de cenar.", "Mejoró al cenar más temprano."),
        ("Abdomen blando, no doloroso.", "Leve dolor en epigastrio."),
        ("Reflujo gastroesofágico.",),
        ("Medidas posturales y omeprazol cuatro semanas.", "Evitar mate muy caliente y frituras."),
    ),
)

# why people come who have nothing chronic: from which age, code, name, told, found, planned
OCCASIONS = (
    (
        0,
        "J06.9",
        "Infección aguda de las vías respiratorias superiores",
        ("Resfrío de tres días, sin fiebre alta.", "Dolor de garganta y mocos claros."),
        ("Fauces congestivas. T {temp} °C, sat {spo2} %.", "Buen estado general, T {temp} °C."),
        ("Líquidos y reposo; volver si hay dificultad para respirar.",),
    ),
    (
        0,
        "A09",
        "Diarrea y gastroenteritis de presunto origen infeccioso",
        ("Diarrea desde ayer, cuatro deposiciones.", "Vómitos tras una comida compartida."),
        ("Mucosas húmedas, abdomen blando. T {temp} °C.",),
        ("Sales de rehidratación; agua hervida o con dos gotas de lavandina por litro.",),
    ),
    (
        16,
        "M54.5",
        "Lumbago no especificado",
        ("Dolor de cintura después de la cosecha.", "Se quedó duro al levantar una bolsa."),
        ("Contractura paravertebral, Lasègue negativo.",),
        ("Calor, movimiento suave y paracetamol por cinco días.",),
    ),
    (
        6,
        "Z00.0",
        "Examen médico general",
        ("Viene por control de salud.", "Pide certificado de aptitud para la escuela o el trabajo."),
        (
            "Examen sin hallazgos. Peso {kg} kg, TA {sys}/{dia}.",
            "TA {sys}/{dia}, FC {hr}. Auscultación normal.",
        ),
        ("Vacunas al día; próximo control en un año.",),
    ),
    (
        0,
        "L30.9",
        "Dermatitis, no especificada",
        ("Picazón en los pliegues desde que empezó el calor.", "Ronchas en las piernas por picaduras."),
        ("Lesiones eritematosas sin infección.",),
        ("Crema dos veces por día una semana; uñas cortas.",),
    ),
)

ALLERGIES = (
    ("J01C", "Penicilinas", "urticaria", True),
    ("M01AE01", "Ibuprofeno", "broncoespasmo", True),
    ("J01EE", "Sulfonamidas", "erupción en la piel", False),
    ("N02BB02", "Dipirona", "edema de labios", True),
    ("J01F", "Macrólidos", "náuseas intensas", False),
)
