# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs typed at a terminal: run as real programs, and what they said drawn as a picture."""

import json
import re
import shlex
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from clinic.domain.errors import Unavailable
from clinic.exchange.resources import resource
from clinic.showcase.founding import words_of
from clinic.showcase.scene import Scene
from clinic.showcase.stage import Outcome

WIDTH, MARGIN, LINE, COLUMNS, MOST = 1180, 36, 26, 112, 12
GROUND, INK, QUIET, GOOD, BAD = "#14232b", "#e8eef0", "#9fb0b8", "#7fd8b4", "#ffb4a8"


@dataclass(slots=True)
class Terminal:
    """One picture's worth of commands and answers."""

    scene: Scene
    lines: list[tuple[str, str]] = field(default_factory=list)

    def verb(self, name: str, verb: str, *more: str, machine: str = "") -> Outcome:
        """A verb of the station on the home `name`, as if typed there."""
        return self.run(machine or name, "station", "clinic", verb, *words_of(self.scene, name), *more)

    def run(self, machine: str, called: str, *program: str) -> Outcome:
        """A program of `posta`; `called`: the word it is typed with, '' where the program's own first word is that."""
        ended = self.scene.stage.outcome(machine, *program)
        self.lines.append((typed(called, program[1:], self.scene.stage.folder), INK))
        said = (ended.printed + ended.said).strip()
        answer = said.splitlines()
        for line in answer[:MOST] + ["…"] * (len(answer) > MOST):
            self.lines += [(part, QUIET) for part in _folded(shortened(line, self.scene.stage.folder))]
        self.lines.append((f"→ {ended.code}", GOOD if ended.code == 0 else BAD))
        return ended

    def shot(self, name: str) -> Path:
        """Draw what was typed and said as the next numbered picture."""
        path = self.scene.picture("terminal", name)
        draw(self.lines, path)
        self.lines.clear()
        return path


def told(ended: Outcome) -> dict[str, object]:
    """The JSON object in the last line of what a verb printed. Raises Unavailable when it failed."""
    if ended.code != 0:
        raise Unavailable(f"a verb ended with code {ended.code}: {ended.said.strip() or 'it said nothing'}")
    found: dict[str, object] = json.loads(ended.printed.strip().splitlines()[-1])
    return found


def typed(called: str, words: tuple[str, ...], folder: Path) -> str:
    """The command as a person types it; long paths and secrets are shortened."""
    return "$ " + shortened(shlex.join(["posta", *filter(None, [called]), *words]), folder)


def shortened(text: str, folder: Path) -> str:
    """Without the folder of the demo; codes of a hundred letters are cut."""
    text = text.replace(f"{folder}/machines/", "").replace(f"{folder.parent}/", "")
    return re.sub(r"\b([A-Za-z0-9_-]{20})[A-Za-z0-9_-]{60,}\b", r"\1…", text)


def draw(lines: list[tuple[str, str]], path: Path) -> None:
    """Light letters on a dark ground, as tall as the lines need."""
    font = ImageFont.truetype(str(resource("fonts", "Inter-Regular.ttf")), 17)
    shown = [(part, colour) for text, colour in lines for part in _folded(text)]
    image = Image.new("RGB", (WIDTH, 2 * MARGIN + LINE * max(1, len(shown))), GROUND)
    pen = ImageDraw.Draw(image)
    for number, (text, colour) in enumerate(shown):
        pen.text((MARGIN, MARGIN + LINE * number), text, fill=colour, font=font)
    image.save(path)


def _folded(text: str) -> list[str]:
    return textwrap.wrap(text, COLUMNS, subsequent_indent="    ") or [""]
