"""What is known of one integration: how ready, on what evidence, what works and why the rest does not, its note and links."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.contracts.manifest import Manifest
from ui.pages.card_grid import see_through
from ui.pages.connect_dialog import web_address
from ui.pages.connection_words import of_manifest, works
from ui.widgets import Button, Chip, DialogFrame, Dot, Note, Tag, Text
from ui.words import figures, t


class InfoDialog(DialogFrame):
    """`InfoDialog(parent, manifest, connections, button)`: `button` the words of the primary one, "" for none (planned,
    retired). Accepted when it was pressed."""

    def __init__(self, parent: QWidget, manifest: Manifest, connections: Sequence[str], button: str) -> None:
        super().__init__(
            parent,
            manifest.name,
            t(f"connections.category.{manifest.category}"),
            button or t("common.close"),
            cancel=t("common.close"),
            width=560,
        )
        self.primary.setVisible(bool(button))
        self.primary.setEnabled(bool(button))
        self.links: dict[str, str] = {}
        self.head.insertWidget(0, Dot(manifest.id, manifest.name))
        self.head.insertWidget(2, Chip(f"readiness.{manifest.readiness}"))
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(10)
        column.addWidget(Text(t(f"connections.readiness.{manifest.readiness}"), "body", wrap=True))
        note = of_manifest(manifest.note)
        if note:
            column.addWidget(Note("info", "", note))
        if manifest.aliases:
            names = ", ".join(manifest.aliases)
            column.addWidget(Text(t("connections.info.aliases", names=names), "small", "text_2", wrap=True))
        if connections:
            yours = t("connections.info.yours", names=", ".join(connections))
            column.addWidget(Text(yours, "small", "text_2", wrap=True))
        words = works(manifest.capabilities)
        if words:
            tags = QHBoxLayout()
            tags.setSpacing(6)
            tags.addWidget(Text(t("connections.info.works"), "medium"))
            for word in words[:7]:
                tags.addWidget(Tag(word))
            tags.addStretch(1)
            column.addLayout(tags)
        reasons = [f for f in manifest.features if not f.capability]
        if reasons:
            column.addWidget(Text(t("connections.info.not_done"), "medium"))
        for feature in reasons:
            text = t("connections.info.reason", name=feature.name, reason=of_manifest(feature.reason))
            column.addWidget(Text(text, "small", "text_2", wrap=True))
        evidence = t(
            "connections.info.evidence",
            kind=t(f"connections.evidence.{manifest.evidence}"),
            date=figures().date(manifest.evidence_date),
        )
        column.addWidget(Text(evidence, "small", "text_2", wrap=True))
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        see_through(area)
        area.setMinimumHeight(260)
        self.body.addWidget(area, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        for word, address in (("website", manifest.website), ("portal", manifest.portal)):
            url = web_address(address)
            if url:
                self.links[word] = url
                link = Button(t(f"connections.info.{word}"), icon="arrow-square-out", small=True)
                link.setToolTip(url)
                link.clicked.connect(lambda _on=False, u=url: QDesktopServices.openUrl(QUrl(u)))
                row.addWidget(link)
        row.addStretch(1)
        self.body.addLayout(row)
