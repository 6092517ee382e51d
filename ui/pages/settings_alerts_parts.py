"""Parts of the alerts in Settings: a rule's row, a channel's row, an open alert's row, the dialog that sets a channel up.
A secret goes into the dialog and never comes out of it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.api.answers import sentence
from app.monitor.alerting import texts
from app.monitor.alerting.channels import FIELDS
from app.monitor.alerting.desk import AlertDesk
from app.monitor.alerting.quiet import Channel
from app.monitor.alerting.rules import AlertError, Rule, Severity, typed_threshold
from app.store import AlertRow, StoreError
from app.vault import VaultError
from ui.kit import spawn
from ui.notifying import look_of_severity
from ui.pages.settings_parts import SettingRow
from ui.pages.settings_privacy import StillBox
from ui.telling import reason_of
from ui.widgets import Button, DialogFrame, FormField, Note, SecretField, StateIcon, Switch
from ui.words import figures, t, words

THRESHOLD_WIDTH = 84


def told(error: Exception) -> str:
    """The sentence of an error, with a field by the name that it has on the screen."""
    if isinstance(error, AlertError) and "field" in error.params:
        key = f"alerts.field.{error.params['field']}"
        return t(error.key, **{**error.params, "field": t(key) if words().has(key) else error.params["field"]})
    return reason_of(error)


def severity_box(name: str) -> StillBox:
    """A choice of the four severities."""
    box = StillBox()
    for one in Severity:
        box.addItem(t(f"alerts.severity.{one}"), str(one))
    box.setAccessibleName(name)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # not by the wheel either
    return box


class AlertLine(SettingRow):
    """`AlertLine(row, now, acknowledge, snooze)`: what is on, since when, and what can be done about it."""

    def __init__(
        self, row: AlertRow, now: datetime, acknowledge: Callable[[int], None], snooze: Callable[[int], None]
    ) -> None:
        self.row = row
        self.acknowledge = Button(t("alerts.page.acknowledge"), icon="check", small=True)
        self.snooze = Button(t("alerts.page.snooze"), icon="bell-slash", small=True)
        marks = [t("alerts.acked")] if row.acked_at is not None else []
        if row.snoozed_until is not None and row.rests(now):
            time = figures().when(row.snoozed_until.astimezone(), now.astimezone())
            marks.append(t("alerts.snoozed", time=time))
        about = " ".join(
            part for part in (texts.text(words(), row.body, sentence), texts.span(words(), row, now)) if part
        )
        title = texts.title(words(), row.body)
        self.marks = ", ".join(marks)
        shown = f"{title} ({self.marks})" if marks else title
        super().__init__(shown, about, self.acknowledge, self.snooze)
        icon = StateIcon(look_of_severity(row.body.severity))
        icon.setAccessibleName(t(f"alerts.severity.{row.body.severity}"))
        layout = self.layout()
        if isinstance(layout, QHBoxLayout):
            layout.insertWidget(0, icon)
        for button in (self.acknowledge, self.snooze):
            button.setAccessibleDescription(title)
        self.acknowledge.setVisible(row.acked_at is None)
        self.snooze.setVisible(not row.rests(now))
        self.acknowledge.clicked.connect(lambda: acknowledge(row.id))
        self.snooze.clicked.connect(lambda: snooze(row.id))


class RuleRow(SettingRow):
    """`RuleRow(rule, change)`: severity, threshold and switch; `change(name, **what)` when a person changed one."""

    def __init__(self, rule: Rule, change: Callable[..., None]) -> None:
        self.rule, self._change = rule, change
        name = t(f"alerts.rule.{rule.name}")
        self.severity = severity_box(t("alerts.page.severity", name=name))
        self.threshold = QLineEdit()
        self.threshold.setFixedWidth(THRESHOLD_WIDTH)
        self.threshold.setAccessibleName(t("alerts.page.threshold", name=name))
        self.switch = Switch(name)
        super().__init__(name, t(f"alerts.rule_text.{rule.name}"), self.severity, self.threshold, self.switch)
        self.show_rule(rule)
        self.severity.activated.connect(lambda _at: self._change(rule.name, severity=self.severity.currentData()))
        self.threshold.editingFinished.connect(self._typed)
        self.switch.toggled.connect(lambda on: self._change(rule.name, on=on))

    def show_rule(self, rule: Rule) -> None:
        """What is in force."""
        self.rule = rule
        self.severity.setCurrentIndex(self.severity.findData(str(rule.severity)))
        if not self.threshold.hasFocus() or not self.threshold.isModified():  # what is being typed stays
            self.threshold.setText(typed_threshold(rule, words().language))
        for control in (self.severity, self.threshold):
            control.setEnabled(rule.on)
        was = self.switch.blockSignals(True)
        self.switch.setChecked(rule.on)
        self.switch.blockSignals(was)
        self.switch.update()

    def _typed(self) -> None:
        if self.threshold.isModified():
            self.threshold.setModified(False)
            self._change(self.rule.name, typed=self.threshold.text())


class ChannelRow(SettingRow):
    """`ChannelRow(name, owner)`: from which severity on, set up, send a test, on or off."""

    def __init__(self, name: str, set_up: Callable[[str], None], test: Callable[[str], None], change: Callable[..., None]) -> None:  # fmt: skip
        self.name = name
        shown = t(f"alerts.channel.{name}")
        self.least = severity_box(f"{shown}: {t('alerts.page.least')}")
        self.set_up = Button(t("alerts.page.set_up"), small=True)
        self.test = Button(t("alerts.page.test"), icon="paper-plane-tilt", small=True)
        self.switch = Switch(shown)
        super().__init__(shown, t(f"alerts.channel_text.{name}"), self.least, self.set_up, self.test, self.switch)
        for button in (self.set_up, self.test):
            button.setAccessibleDescription(shown)
        self.set_up.setVisible(bool(FIELDS[name]))
        self.least.activated.connect(lambda _at: change(name, least=self.least.currentData()))
        self.set_up.clicked.connect(lambda: set_up(name))
        self.test.clicked.connect(lambda: test(name))
        self.switch.toggled.connect(lambda on: change(name, on=on))

    def show_channel(self, channel: Channel, trouble: str, reason: str) -> None:
        """How it is set up; `trouble`: why its last telling failed; `reason`: why nothing can be sent on it now."""
        self.least.setCurrentIndex(self.least.findData(str(channel.least)))
        was = self.switch.blockSignals(True)
        self.switch.setChecked(channel.on)
        self.switch.blockSignals(was)
        self.switch.update()
        self.test.disable(reason)
        about = t(f"alerts.channel_text.{self.name}")
        if channel.name == "email" and channel.settings.get("to"):
            about = f"{about} {channel.settings['to']}"
        self.set_text(f"{about}\n{trouble}" if trouble else about)


#: A form of seven fields under each other is higher than a small screen.
_SIDE_BY_SIDE = {"email": (("host", "port"), ("security",), ("username", "password"), ("sender", "to"))}


class ChannelDialog(DialogFrame):
    """`ChannelDialog(parent, desk, channel, held)`: saves by itself and is accepted when that went well."""

    def __init__(self, parent: QWidget, desk: AlertDesk, channel: Channel, held: Sequence[str]) -> None:
        name = t(f"alerts.channel.{channel.name}")
        super().__init__(
            parent, t("alerts.page.set_up_title", name=name), t("alerts.page.set_up_text"), t("common.save"), width=560
        )
        self._desk, self._channel, self._saving = desk, channel, False
        self.fields: dict[str, FormField] = {}
        for field in FIELDS[channel.name]:
            edit: QWidget
            if field.secret:
                edit = SecretField()
                if field.key in held:
                    edit.edit.setPlaceholderText(t("alerts.page.held"))
            elif field.choices:
                edit = StillBox()
                for choice in field.choices:
                    edit.addItem(t(f"alerts.security.{choice}"), choice)
                edit.setCurrentIndex(max(0, edit.findData(channel.settings.get(field.key) or field.default)))
            else:
                edit = QLineEdit(channel.settings.get(field.key) or field.default)
            made = FormField(t(f"alerts.field.{field.key}"), edit, t(f"alerts.field_hint.{field.key}"))
            self.fields[field.key] = made
        for keys in _SIDE_BY_SIDE.get(channel.name, tuple((key,) for key in self.fields)):
            line = QHBoxLayout()
            line.setSpacing(12)
            for key in keys:
                line.addWidget(self.fields[key], 1, Qt.AlignmentFlag.AlignTop)
            self.body.addLayout(line)
        self.note = Note("unhealthy", "")
        self.note.hide()
        self.body.addWidget(self.note)
        self.primary.clicked.disconnect(self.accept)
        self.primary.clicked.connect(self._begin)

    def text_of(self, key: str) -> str:
        """What stands in a field."""
        edit = self.fields[key].field
        if isinstance(edit, StillBox):
            return str(edit.currentData())
        return edit.text() if isinstance(edit, QLineEdit | SecretField) else ""

    def _begin(self) -> None:
        if not self._saving:
            self._saving = True
            spawn(self._save(), "alert channel")

    async def _save(self) -> None:
        secret = {field.key for field in FIELDS[self._channel.name] if field.secret}
        texts_ = {key: self.text_of(key).strip() for key in self.fields}
        for made in self.fields.values():
            made.set_trouble("")
        self.note.hide()
        try:
            await self._desk.set_channel(
                self._channel.name, on=True,
                settings={key: text for key, text in texts_.items() if key not in secret},
                secrets={key: text for key, text in texts_.items() if key in secret and text},
            )  # fmt: skip
        except (AlertError, StoreError, VaultError) as error:
            self._show(error)
        else:
            self.accept()
        finally:
            self._saving = False

    def _show(self, error: Exception) -> None:
        place = field_of(error, {key: self.text_of(key) for key in self.fields})
        if place in self.fields:
            self.fields[place].set_trouble(told(error))
            self.fields[place].field.setFocus()
        else:
            self.note.set_words("", told(error))
            self.note.show()


_PLACES = {"alerts.bad_host": "host", "alerts.bad_port": "port", "alerts.open_mail": "security", "alerts.bad_url": "url", "alerts.short_key": "key", "alerts.too_many": "to"}  # fmt: skip


def field_of(error: Exception, typed: dict[str, str]) -> str:
    """Under which field an error belongs; "" under none."""
    if not isinstance(error, AlertError):
        return ""
    if error.key == "alerts.bad_address":
        return "sender" if error.params["text"] in typed.get("sender", "") else "to"
    return _PLACES.get(error.key, error.params.get("field", ""))
