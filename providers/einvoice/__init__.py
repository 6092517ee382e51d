"""Integrations of the category 'einvoice'."""
