"""Papers and rolls by name, and the cells of a sheet of labels. Millimetres; pure."""

from __future__ import annotations

import re

import msgspec

from app.printing.trouble import PrintTrouble

EDGE_MM = 5.0  # lasers cannot print the outermost millimetres of a sheet
ROLL_EDGE_MM = 4.0
LEAST_MM, MOST_MM = 20.0, 320.0
SHEET_MM = 190.0  # from this width on it is a sheet for documents
_OWN = re.compile(r"(\d{2,3}(?:\.\d{1,2})?)\s*[x×*]\s*(\d{2,3}(?:\.\d{1,2})?)", re.ASCII)


class Paper(msgspec.Struct, frozen=True):
    """A page of `width_mm` × `height_mm` with a grid of equal cells; one cell: a roll, or a sheet for documents."""

    name: str
    width_mm: float
    height_mm: float
    columns: int = 1
    rows: int = 1

    @property
    def cells(self) -> int:
        return self.columns * self.rows

    @property
    def edge_mm(self) -> float:
        return EDGE_MM if self.width_mm >= SHEET_MM else ROLL_EDGE_MM

    def cell(self, number: int) -> Box:
        """Cell `number` from 0: rows from the top, in each from the left."""
        wide, high = self.width_mm / self.columns, self.height_mm / self.rows
        row, column = divmod(number, self.columns)
        return Box(column * wide, self.height_mm - (row + 1) * high, wide, high, self.edge_mm)


class Box(msgspec.Struct, frozen=True):
    """A part of a page: its left lower corner from the page's, its size, and the margin inside."""

    left: float
    bottom: float
    width: float
    height: float
    edge: float


PAPERS = {
    one.name: one
    for one in (
        Paper("100x150", 100, 150), Paper("100x100", 100, 100), Paper("4x6", 101.6, 152.4), Paper("a6", 105, 148),
        Paper("a4-2", 210, 297, 1, 2), Paper("a4-4", 210, 297, 2, 2), Paper("a4", 210, 297),
        Paper("60x40", 60, 40), Paper("50x30", 50, 30), Paper("40x20", 40, 20),
    )
}  # fmt: skip
LABELS = ("100x150", "100x100", "4x6", "a6", "a4-2", "a4-4")
SHELF = ("60x40", "50x30", "40x20")


def paper_of(name: str) -> Paper:
    """A paper of the list, or any "WIDTHxHEIGHT" in mm. Raises PrintTrouble `printer.paper`."""
    found = PAPERS.get(name.strip().casefold())
    if found is not None:
        return found
    typed = _OWN.fullmatch(name.strip().casefold())
    sizes = [float(one) for one in typed.groups()] if typed else []
    if not sizes or not all(LEAST_MM <= one <= MOST_MM for one in sizes):
        raise PrintTrouble("printer.paper", {"paper": name[:40], "papers": ", ".join(PAPERS)})
    return Paper(f"{sizes[0]:g}x{sizes[1]:g}", sizes[0], sizes[1])


def first_cell(paper: Paper, cell: int) -> int:
    """From 1 as people count, to 0. Raises PrintTrouble `printer.cell`."""
    if not 1 <= cell <= paper.cells:
        raise PrintTrouble("printer.cell", {"cell": str(cell), "paper": paper.name, "cells": str(paper.cells)})
    return cell - 1
