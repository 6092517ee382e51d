"""Sealed credentials in one file. Nothing here may print, log or return a plain secret, and the store is not known here."""

from app.vault.errors import VaultAbsent, VaultDamaged, VaultError, VaultLocked, VaultRefused, VaultUnsaved
from app.vault.file import World
from app.vault.kdf import TEST_VARIABLE, KdfChoice, Profile
from app.vault.redact import RedactFilter, Redactor
from app.vault.slots import EntryInfo, Rekeyed, SlotInfo
from app.vault.vault import Vault

__all__ = [
    "TEST_VARIABLE", "EntryInfo", "KdfChoice", "Profile", "RedactFilter", "Redactor", "Rekeyed", "SlotInfo", "Vault",
    "VaultAbsent", "VaultDamaged", "VaultError", "VaultLocked", "VaultRefused", "VaultUnsaved", "World",
]  # fmt: skip
