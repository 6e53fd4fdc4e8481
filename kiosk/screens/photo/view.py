# SPDX-License-Identifier: GPL-3.0-or-later
"""The live picture or the one taken, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStackedWidget

from clinic.domain.questionnaires import question, wanted_photo
from desktop.kit.buttons import PrimaryButton, SecondaryButton
from desktop.kit.video import VideoView
from desktop.kit.words import _
from kiosk import flow
from kiosk.screens.photo import logic
from kiosk.screens.pieces import Drawing, stacked
from kiosk.screens.room import Heading, Live, Room, Screen, Sides

QUALITY = 85


class PhotoScreen(Screen):
    """Ends with a JPEG, or without."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        self._state = logic.State()
        wanted = wanted_photo(journey.interview) if journey.interview is not None else None
        self._wanted = question(wanted, self.language) if wanted is not None else ""
        self._view = VideoView(name="kiosk.photo.view", spoken=_("Picture of the camera"))
        self._view.set_placeholder(_("The camera is starting"))
        self._view.watch(room.engine, "local")
        self._still = Still()
        self._pictures = QStackedWidget()
        for page in (self._view, self._still, Drawing("video-off")):
            self._pictures.addWidget(page)
        self.body.addWidget(Sides(self._pictures, self._buttons(), (3, 2)))
        self._take.setEnabled(False)
        room.engine.frame.connect(self._moving)
        room.engine.missing.connect(self._missing)
        self._live = Live(room.engine, "photo")
        self._become(self._state)

    def _buttons(self) -> QStackedWidget:
        self._take = PrimaryButton(_("Take the photo"), name="kiosk.photo.take", icon="camera")
        self._keep = PrimaryButton(_("Send this photo"), name="kiosk.photo.keep", icon="check")
        self._again = SecondaryButton(_("Take another one"), name="kiosk.photo.again", icon="refresh")
        self._skip = SecondaryButton(_("No photo"), name="kiosk.photo.skip", icon="arrow-right")
        self._take.clicked.connect(self._grab)
        self._keep.clicked.connect(lambda: self._become(logic.kept(self._state)))
        self._again.clicked.connect(lambda: self._become(logic.again(self._state)))
        self._skip.clicked.connect(lambda: self._become(logic.skipped(self._state)))
        buttons = QStackedWidget()
        buttons.addWidget(
            stacked(
                (Drawing("photo"), 1), (self._take, 0), (self._keep, 0), (self._again, 0), (self._skip, 0)
            )
        )
        return buttons

    def _grab(self) -> None:
        picture = self.room.engine.grab("local")
        if picture is not None:
            self._still.show_image(picture)
            self._become(logic.taken(self._state, jpeg(picture)))

    def _become(self, state: logic.State) -> None:
        self._state = state
        if state.look is logic.Look.DONE:
            self.room.send(flow.PhotoTaken(state.jpeg))
            return
        live, taken = state.look is logic.Look.LIVE, state.look is logic.Look.TAKEN
        self._pictures.setCurrentIndex(0 if live else 1 if taken else 2)
        for button, shown in (
            (self._take, live),
            (self._keep, taken),
            (self._again, taken),
            (self._skip, not taken),
        ):
            button.setVisible(shown)
        self._ask()

    def _ask(self) -> None:
        match self._state.look:
            case logic.Look.LIVE:
                self.head(
                    Heading(
                        self._wanted or _("A photo for the clinician"),
                        "" if self._wanted else _("Your face, or what hurts"),
                        _(
                            "Look into the camera or show what hurts, then touch the big button. You can "
                            "also go on without."
                        ),
                    )
                )
            case logic.Look.TAKEN:
                self.head(Heading(_("Is the photo good?"), _("You can send it or take another one")))
            case logic.Look.NO_CAMERA:
                self.head(
                    Heading(
                        _("The camera does not answer"),
                        _("Go on without a photo. The visit goes on as usual."),
                    )
                )

    def _moving(self, which: str, _picture: QImage) -> None:
        """Pictures come: now one can be taken."""
        if which == "local" and not self._take.isEnabled():
            self._take.setEnabled(True)

    def _missing(self, what: str, _sentence: str) -> None:
        if what == "camera":
            self._become(logic.camera_gone(self._state))

    def leave(self) -> None:
        super().leave()
        self._live.close()


class Still(QLabel):
    """A picture that keeps its aspect."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("kiosk.photo.still")
        self.setAccessibleName(_("The photo you took"))
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._image = QImage()

    def show_image(self, image: QImage) -> None:
        """Show it as large as there is room."""
        self._image = image
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def _fit(self) -> None:
        if not self._image.isNull():
            smooth = Qt.TransformationMode.SmoothTransformation
            self.setPixmap(
                QPixmap.fromImage(self._image).scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio, smooth)
            )


def jpeg(picture: QImage) -> bytes:
    """The picture as JPEG bytes."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "JPEG", QUALITY)  # type: ignore[call-overload]  # PySide's stubs want bytes
    return bytes(buffer.data().data())
