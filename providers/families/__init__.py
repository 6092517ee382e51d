"""Protocols shared by several vendors."""
