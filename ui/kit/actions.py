"""The registry of actions, from which menus, shortcuts, the palette and the help are made. An action is described once.
What must never happen: one key for two actions that can be meant at the same time, or Ctrl+Alt with a letter (AltGr
types ₺ and @ on a Turkish keyboard)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from ui.kit.matching import match, score
from ui.theme import appearance, icon
from ui.words import t

GLOBAL = ""


class ActionError(ValueError):
    """A doubled id, a doubled key, or a key that must not be bound."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do. `title` is a key of the words; `keys` as "Ctrl+K" (Ctrl is ⌘ on macOS).

    `scope` "" is everywhere, else a page's id ("orders"): its keys work while that page is in front. `enabled` returns
    "" when the action can be done, else the key of the reason why not (shown in the tool-tip). `group` is a key of words.
    """

    id: str
    title: str
    run: Callable[[], Any]
    icon: str = ""
    keys: tuple[str, ...] = ()
    scope: str = GLOBAL
    group: str = "palette.actions"
    enabled: Callable[[], str] | None = None
    palette: bool = True

    @property
    def label(self) -> str:
        """The action's words in the language in force."""
        return t(self.title)

    def reason(self) -> str:
        """Why it cannot be done now, in words; "" when it can."""
        key = self.enabled() if self.enabled is not None else ""
        return t(key) if key else ""


def check_key(text: str) -> QKeySequence:
    """A key sequence, or ActionError for one that cannot be read or must not be bound."""
    sequence = QKeySequence(text)
    if sequence.isEmpty() or not sequence.toString():
        raise ActionError(f"no such key: {text!r}")
    for place in range(sequence.count()):
        combination = sequence[place]
        held = combination.keyboardModifiers()
        both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if held & both == both and combination.key() < Qt.Key.Key_Escape:
            raise ActionError(f"{text}: Ctrl+Alt with a sign is AltGr on a Turkish keyboard")
        if combination.key() == Qt.Key.Key_Slash:
            raise ActionError(f"{text}: the slash needs Shift 7 on a Turkish keyboard")
    return sequence


def key_words(text: str) -> list[str]:
    """The caps of a key for a hint: "Ctrl+Shift+L" → ["Ctrl", "Shift", "L"]; signs on macOS."""
    native = QKeySequence(text).toString(QKeySequence.SequenceFormat.NativeText)
    if sys.platform == "darwin":
        return [native]
    named = {"Space": t("keys.space"), "Return": t("keys.enter"), "Enter": t("keys.enter"), "Esc": t("keys.esc")}
    plain = QKeySequence(text).toString(QKeySequence.SequenceFormat.PortableText)
    return [named.get(part, part) for part in plain.replace("++", "+Plus").split("+")]


class Registry(QObject):
    """`Registry()`; `add` actions at start, `install` them on the window. `changed` when actions come or go."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._actions: dict[str, Action] = {}
        self._made: dict[str, QAction] = {}
        self._scope = GLOBAL
        appearance().changed.connect(self._icons)

    def __iter__(self) -> Iterator[Action]:
        return iter(self._actions.values())

    def __contains__(self, action_id: str) -> bool:
        return action_id in self._actions

    def add(self, *actions: Action) -> None:
        """Takes actions in. Raises ActionError before anything is changed."""
        ids = set(self._actions)
        taken = {(key, a.scope): a.id for a in self for key in self._normal(a)}
        for action in actions:
            if action.id in ids:
                raise ActionError(f"{action.id} stands twice")
            ids.add(action.id)
            for key in self._normal(action):
                for (other, scope), owner in taken.items():
                    if other == key and (scope == action.scope or GLOBAL in (scope, action.scope)):
                        raise ActionError(f"{key} is bound twice: {owner} and {action.id}")
                taken[(key, action.scope)] = action.id
        self._actions.update({a.id: a for a in actions})
        self.changed.emit()

    def remove(self, action_id: str) -> None:
        """Takes an action out (a page that goes)."""
        self._actions.pop(action_id, None)
        made = self._made.pop(action_id, None)
        if made is not None:
            made.deleteLater()
        self.changed.emit()

    @staticmethod
    def _normal(action: Action) -> list[str]:
        return [check_key(key).toString(QKeySequence.SequenceFormat.PortableText) for key in action.keys]

    def get(self, action_id: str) -> Action:
        """An action by id. Raises KeyError."""
        return self._actions[action_id]

    def trigger(self, action_id: str) -> bool:
        """Runs an action when it can be done; whether it ran."""
        action = self._actions[action_id]
        if action.reason():
            return False
        action.run()
        return True

    def qaction(self, action_id: str) -> QAction:
        """The one QAction of an action, with icon, keys and tool-tip; for menus and tool bars."""
        if action_id in self._made:
            return self._made[action_id]
        action = self._actions[action_id]
        made = QAction(action.label, self)
        made.setShortcuts([check_key(key) for key in action.keys])
        made.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        if action.icon:
            made.setIcon(icon(action.icon, 16, "text_2"))
        made.triggered.connect(lambda _checked=False: self.trigger(action_id))
        self._made[action_id] = made
        return made

    def install(self, window: QWidget) -> None:
        """Binds all keys to a window. Call again after `add`."""
        for action in self:
            window.addAction(self.qaction(action.id))
        self.set_scope(self._scope)

    def set_scope(self, scope: str) -> None:
        """The page in front: keys of other pages rest."""
        self._scope = scope
        for action_id, made in self._made.items():
            wanted = self._actions[action_id].scope
            made.setEnabled(wanted in (GLOBAL, scope))

    def refresh(self) -> None:
        """Asks each action again whether it can be done; puts the reason in its tool-tip."""
        for action_id, made in self._made.items():
            action = self._actions[action_id]
            reason = action.reason()
            made.setEnabled(not reason and action.scope in (GLOBAL, self._scope))
            made.setToolTip(reason or action.label)

    def menu(self, ids: Iterable[str], parent: QWidget) -> QMenu:
        """A menu of actions in this order; "" is a line. Show it with `ui.kit.show_menu`."""
        made = QMenu(parent)
        for action_id in ids:
            if action_id:
                made.addAction(self.qaction(action_id))
            else:
                made.addSeparator()
        self.refresh()
        # What was grey for the menu's moment must not keep its key switched off: `trigger` asks again at each press.
        made.aboutToHide.connect(lambda: self.set_scope(self._scope))
        return made

    def find(self, query: str, limit: int = 20) -> list[tuple[Action, list[tuple[int, int]]]]:
        """Actions of the palette that match, best first, with the spans of the matched letters."""
        hits: list[tuple[int, int, Action, list[tuple[int, int]]]] = []
        for place, action in enumerate(self):
            if not action.palette or action.scope not in (GLOBAL, self._scope):
                continue
            spans = match(query, action.label)
            if spans is not None:
                hits.append((score(query, action.label), place, action, spans))
        hits.sort(key=lambda hit: hit[:2])
        return [(action, spans) for _, _, action, spans in hits[:limit]]

    def help_rows(self) -> list[tuple[str, str, str]]:
        """(scope, words, keys) of every action that has a key: the F1 page."""
        rows = [(a.scope, a.label, " / ".join(" ".join(key_words(k)) for k in a.keys)) for a in self if a.keys]
        return sorted(rows, key=lambda row: row[0])

    def _icons(self) -> None:
        for action_id, made in self._made.items():
            if self._actions[action_id].icon:
                made.setIcon(icon(self._actions[action_id].icon, 16, "text_2"))
