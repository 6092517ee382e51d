"""Pallet labels for carriers that ask for an SSCC. A prefix comes from the merchant's GS1 membership, and is never made up."""

from app.formats.barcodes import BarcodeError
from app.formats.sscc import DPI, PalletLabel, draw_pallet_labels, is_prefix, is_sscc, sscc

__all__ = ["DPI", "BarcodeError", "PalletLabel", "draw_pallet_labels", "is_prefix", "is_sscc", "sscc"]
