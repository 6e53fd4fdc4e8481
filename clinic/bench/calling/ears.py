# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by the Python of a folder of its own, never imported: PESQ (wide band, P.862.2) and STOI of each pair of sounds of a file.

`python ears.py FILE.npz` (arrays said0, heard0, aligned0, said1 …, 16 kHz) prints one line of JSON: [[pesq, stoi], …].
"""

import json
import sys

import numpy as np
from numpy.typing import NDArray
from pesq import NoUtterancesError, pesq
from pystoi import stoi

RATE = 16_000
WORST = 1.0
Sound = NDArray[np.float64]


def judged(said: Sound, heard: Sound, aligned: Sound) -> tuple[float, float]:
    """P.862.2 knows nothing worse than about 1.0, which is what silence gets."""
    try:
        quality = float(pesq(RATE, said, heard, "wb"))
    except NoUtterancesError:
        quality = WORST
    return quality, float(stoi(said, aligned, RATE))


if __name__ == "__main__":
    sounds = np.load(sys.argv[1])
    names = ("said", "heard", "aligned")
    print(
        json.dumps([judged(*(sounds[f"{name}{n}"] for name in names)) for n in range(len(sounds.files) // 3)])
    )
