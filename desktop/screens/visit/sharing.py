# SPDX-License-Identifier: GPL-3.0-or-later
"""Showing a document in the call: only in this page's own call, only with the patient's permission, and in words how far."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clinic.calls.sharing import Stage
from desktop.kit.words import _, fmt_number
from desktop.screens.phrases import Said
from desktop.screens.visit.share_happenings import (
    AskToShare,
    ChooserLeft,
    DocumentPicked,
    FilePressed,
    FrontChosen,
    PageTurned,
    ShareAllowed,
    ShareDocument,
    ShareFile,
    ShareMoved,
    SharePressed,
    ShareStopped,
    StopSharing,
    TurnPage,
)
from desktop.screens.visit.state import Result, ShareFace, State

if TYPE_CHECKING:
    from clinic.domain.facts import DocumentReference
    from desktop.kit.shared import Shared
    from desktop.screens.visit.happenings import Event


def sharing(state: State, event: Event) -> Result | None:
    """The rule of everything about a shown document."""
    face = state.share
    match event:
        case ShareMoved(shared):
            return _moved(state, shared)
        case SharePressed() if may_share(state):
            asked = replace(state, tone="", sentence="")
            return asked, (AskToShare(state.encounter, state.patient),)
        case ShareAllowed(encounter) if encounter == state.encounter and may_share(state):
            return replace(state, share=replace(face, choosing=True, front=True)), ()
        case ChooserLeft():
            return replace(state, share=replace(face, choosing=False, front=bool(face.role))), ()
        case DocumentPicked(document) if face.choosing and may_share(state):
            return _picked(state, document)
        case FilePressed() if face.choosing and may_share(state):
            return state, (ShareFile(state.encounter),)
        case PageTurned(by) if face.shown is not None and face.role == "showing":
            page = min(face.shown.pages - 1, max(0, face.shown.page + by))
            return state, ((TurnPage(page),) if page != face.shown.page else ())
        case ShareStopped() if face.role == "showing":
            return state, (StopSharing(),)
        case FrontChosen(key):
            return replace(state, share=replace(face, front=key == "document")), ()
    return None


def may_share(state: State) -> bool:
    """Whether something may be shown now: this page's own call talks, and the other side shows nothing."""
    return state.call.here and state.call.phase == "talking" and state.share.role != "watching"


def to_share(state: State) -> list[DocumentReference]:
    """Documents of the chart that can be shown, newest first."""
    found = state.chart.documents if state.chart else ()
    return [one for one in found if _can_be_shown(one.attachment.content_type)]


def share_words(state: State) -> Said:
    """How far the page is, and what that means."""
    shared, face = state.share.shown, state.call
    if shared is None or not shared.role:
        return Said("neutral", "")
    if face.phase == "reconnecting":
        return Said("warn", _("The link is cut. The document goes on by itself where it stopped."))
    if shared.role == "watching":
        if shared.here:
            return Said("ok", _("The other side shows you this"))
        return Said("info", _("The other side shows you something: %(part)s %% is here") % _share(shared))
    match shared.stage:
        case Stage.DRAWING:
            return Said("neutral", _("The page is being prepared"))
        case Stage.SENDING:
            return Said("info", _("Sending, %(part)s %%") % _share(shared))
        case Stage.ARRIVED:
            return Said("info", _("It has arrived, and appears there in a moment"))
        case Stage.SEEN:
            return Said("ok", _("The patient sees it now"))
        case Stage.CUT:
            return Said("warn", _("The link is cut. The document goes on by itself where it stopped."))
        case Stage.UNHEARD:
            said = _("The other side's program is too old to show documents. Send it as a message instead.")
            return Said("danger", said)
        case Stage.BUSY:
            return Said(
                "warn", _("The other side shows something itself. Ask them to stop, then share again.")
            )
        case Stage.DAMAGED:
            return Said("danger", _("The page could not be shown over there. Stop, then share it again."))
    return Said("neutral", "")


def _share(shared: Shared) -> dict[str, str]:
    return {"part": fmt_number(round(shared.part * 100))}


def _moved(state: State, shared: Shared) -> Result:
    face = state.share
    before = face.role
    moved = replace(face, shown=shared)
    if shared.role and shared.role != before:
        moved = replace(moved, choosing=False, front=True)
    if not shared.role:
        moved = replace(moved, front=moved.choosing)
    told = replace(state, share=moved)
    if shared.trouble and shared.trouble != (face.shown.trouble if face.shown else ""):
        told = replace(told, tone="danger", sentence=shared.trouble)
    return told, ()


def _picked(state: State, document: str) -> Result:
    found = next((one for one in to_share(state) if one.id == document), None)
    if found is None:
        return state, ()
    title = found.attachment.title or _("Document")
    return state, (ShareDocument(state.encounter, found.attachment, title),)


def _can_be_shown(content_type: str) -> bool:
    return content_type.startswith("image/") or content_type == "application/pdf"


def ended(face: ShareFace) -> ShareFace:
    """What another visit's page keeps of it: what is shown belongs to the call, what is being chosen does not."""
    return replace(face, choosing=False, front=False)
