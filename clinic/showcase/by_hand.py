# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo for a person's own hands: both windows side by side, and a few sentences on what to do."""

import time

from clinic.domain.errors import Unavailable
from clinic.showcase.findings import Findings
from clinic.showcase.founding import set_up
from clinic.showcase.scene import Scene
from clinic.showcase.stage import last_words

WORDS = {
    "es": """
Dos ventanas: el kiosco (la paciente) y el consultorio (la médica).
  1. Kiosco: elegí un idioma. La cámara lee una tarjeta de muestra; contestá con el dedo o el mouse y firmá.
  2. Consultorio: la contraseña de {name} es   {password}
     La paciente aparece primera en la lista. Abrí su historia, llamala, y contestá en el kiosco.
  3. Escribí la nota, buscá un código, recetá, mandá un mensaje. Firmá al terminar.
Cerrá las ventanas o apretá Ctrl-C para salir.
""",
    "en": """
Two windows: the kiosk (the patient) and the consulting room (the clinician).
  1. Kiosk: choose a language. The camera reads a sample card; answer by finger or mouse, and sign.
  2. Consulting room: the password of {name} is   {password}
     The patient stands first in the list. Open her chart, ring her, and answer on the kiosk.
  3. Write the note, find a code, prescribe, send a message. Sign when you are done.
Close the windows or press Ctrl-C to leave.
""",
    "pt": """
Duas janelas: o totem (a paciente) e o consultório (a médica).
  1. Totem: escolha um idioma. A câmera lê um cartão de amostra; responda com o dedo ou o mouse e assine.
  2. Consultório: a senha de {name} é   {password}
     A paciente aparece primeiro na lista. Abra o prontuário, chame a paciente e atenda no totem.
  3. Escreva a evolução, busque um código, prescreva, mande uma mensagem. Assine no fim.
Feche as janelas ou aperte Ctrl-C para sair.
""",
}


def offer(scene: Scene, people: int, seed: int) -> int:
    """Set up, open both windows, wait until they are closed. Exit code 0; Unavailable when one
    of them broke."""
    from clinic.showcase import cast

    print("Setting up the clinic …", flush=True)
    set_up(scene, Findings(), people, seed)
    actors = [scene.stage.start(side, side, *scene.programs[side]) for side in ("kiosk", "desktop")]
    print(WORDS[scene.language].format(name=cast.CLINICIAN, password=scene.password("desktop")), flush=True)
    while all(actor.running for actor in actors):
        time.sleep(0.3)
    for actor in actors:
        if not actor.running and actor.process.returncode != 0:
            raise Unavailable(
                f"The {actor.name} ended with code {actor.process.returncode}: {last_words(actor.log)}"
            )
    return 0
