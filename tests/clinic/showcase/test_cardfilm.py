# SPDX-License-Identifier: GPL-3.0-or-later
"""The filmed card is read by the same eyes that read a real one; the empty table is not."""

from pathlib import Path

import av
import zxingcpp

from clinic.showcase.cardfilm import EMPTY_S, RATE, film_card

TEXT = "POSTA:CARD:1:MTQXELCLMEB3LRTFXF2KAEHNEYXQ64Q6DCWEKKUSQHMYODTCEFMPRLCYVY"


def test_the_card_comes_into_the_picture(tmp_path: Path) -> None:
    film_card(TEXT, tmp_path / "card.mkv")
    with av.open(str(tmp_path / "card.mkv")) as film:
        pictures = [frame.to_ndarray(format="gray") for frame in film.decode(video=0)]
    assert not zxingcpp.read_barcodes(pictures[0])
    seen = zxingcpp.read_barcodes(pictures[EMPTY_S * RATE + 5])
    assert [code.text for code in seen] == [TEXT]
