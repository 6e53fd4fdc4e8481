# SPDX-License-Identifier: GPL-3.0-or-later
"""Every key of the desktop and what it does, by place. A test compares this with the keys that the pages listen to."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.kit.words import N_


@dataclass(frozen=True, slots=True)
class Keys:
    """`keys`: as Qt writes them, one or several that belong together; `does`: a message id."""

    keys: tuple[str, ...]
    does: str


SHEET: tuple[tuple[str, tuple[Keys, ...]], ...] = (
    (
        N_("Everywhere"),
        (
            Keys(("F1",), N_("Help")),
            Keys(("Ctrl+K",), N_("Find a person")),
            Keys(("Ctrl+Shift+K",), N_("Look in everything written")),
            Keys(tuple(f"Alt+{n}" for n in range(1, 9)), N_("The pages on the left, from above")),
            Keys(("Ctrl+L",), N_("Lock")),
            Keys(("Alt+Z",), N_("Press the button of the message at the foot")),
            Keys(("Esc",), N_("Close what lies over the page")),
        ),
    ),
    (
        N_("Patients and charts"),
        (
            Keys(("Ctrl+N",), N_("New patient; on a chart, begin or open the visit")),
            Keys(("Ctrl+Shift+N",), N_("The chart in a window of its own")),
            Keys(("Ctrl+W",), N_("Close a chart's or the call's own window")),
            Keys(("Ctrl+H",), N_("From the visit, or a conversation, to the chart")),
            Keys(tuple(f"Ctrl+{n}" for n in range(1, 10)), N_("The parts of the chart, from the left")),
            Keys(("Ctrl+Shift+F",), N_("The forms of the chart; Enter begins the marked one")),
            Keys(("Ctrl+Return",), N_("Complete the form that is filled in")),
        ),
    ),
    (
        N_("A document of the chart"),
        (
            Keys(("Ctrl++", "Ctrl+=", "Ctrl+-"), N_("Larger, smaller; Ctrl and the wheel do it too")),
            Keys(("Ctrl+0",), N_("The whole page")),
            Keys(("Ctrl+Shift+R",), N_("Turn to the right")),
            Keys(("F11",), N_("The document alone")),
            Keys(("PgUp", "PgDown"), N_("The page before, the next")),
            Keys(("Ctrl+Z", "Ctrl+Shift+Z"), N_("Take the last mark back, draw it again")),
        ),
    ),
    (
        N_("The schedule"),
        (
            Keys(("Alt+D", "Alt+W", "Alt+M"), N_("By day, by week, by month")),
            Keys(("Alt+Left", "Alt+Right"), N_("The page before, the next")),
            Keys(("Alt+T",), N_("Today in the schedule")),
            Keys(("Ctrl+N",), N_("New appointment")),
            Keys(("Alt+F",), N_("The next free slot; arrows go on from there, Enter books")),
            Keys(("Alt+H",), N_("Hours and days off")),
            Keys(("Ctrl+S",), N_("On the page of hours: keep them")),
            Keys(("Ctrl+Up", "Ctrl+Down"), N_("The marked appointment: ten minutes earlier, later")),
            Keys(
                ("Ctrl+Left", "Ctrl+Right"),
                N_("The marked appointment: one column to the left, to the right"),
            ),
        ),
    ),
    (
        N_("The visit"),
        (
            Keys(tuple(f"Ctrl+{n}" for n in range(1, 9)), N_("The tools beside the note, from the left")),
            Keys(("Ctrl+T",), N_("Templates; a dot, the code and Tab put one in at once")),
            Keys(("Ctrl+S",), N_("Save now; it is also saved while you type")),
            Keys(("Ctrl+Return",), N_("Sign and finish")),
        ),
    ),
    (
        N_("The call"),
        (
            Keys(("Ctrl+M",), N_("Microphone off and on")),
            Keys(("Ctrl+P",), N_("Hold the call, take it up again")),
            Keys(("Ctrl+D",), N_("Show a document")),
            Keys(("Ctrl+Shift+D",), N_("The call in a window of its own, and back")),
        ),
    ),
    (
        N_("Messages"),
        (
            Keys(("PgUp", "PgDown"), N_("In a document: the page before, the next")),
            Keys(("Ctrl+R",), N_("Ready answers")),
        ),
    ),
    (
        N_("Written twice"),
        (
            Keys(tuple(f"Ctrl+{n}" for n in range(1, 5)), N_("Take that version")),
            Keys(("Ctrl+J",), N_("Join the texts")),
            Keys(("Ctrl+Return",), N_("Settle it")),
        ),
    ),
    (
        N_("A visit played again"),
        (
            Keys(("Left", "Right"), N_("One step back, one on")),
            Keys(("Home", "End"), N_("To the first step, to the last")),
        ),
    ),
)

GUIDE: tuple[tuple[str, str], ...] = (
    (
        N_("Somebody waits"),
        N_(
            "Today shows who waits, the most urgent first. Enter opens the visit, and Call rings the kiosk. "
            "Somebody who sits here is found with Ctrl+K, and Ctrl+N begins the visit."
        ),
    ),
    (
        N_("The link is bad"),
        N_(
            "The call goes down by itself, from picture to voice, to single pictures, to voice notes, and up again. "
            "The note goes on whatever the call does. What you write is on this computer at once, and leaves when there is a way."
        ),
    ),
    (
        N_("There is no network"),
        N_(
            "Everything but the call works. Exchange says what waits here, and takes it by a stick to another computer. "
            "The line at the foot on the left says how old what you see may be."
        ),
    ),
    (
        N_("The right patient"),
        N_(
            "Name, age and number stand above every page about somebody. Words copied from another patient's page are not "
            "pasted without a question. A visit that was begun for the wrong person is taken back by the message at the foot."
        ),
    ),
    (
        N_("An emergency"),
        N_(
            "The chart of another team opens with a reason, and is reviewed afterwards. "
            "It begins on the page of patients, with “Another team's patient?”."
        ),
    ),
    (
        N_("A lost computer"),
        N_(
            "Tell an administrator at once: under People and computers she revokes it and orders a wipe. "
            "What was on it is sealed."
        ),
    ),
)
