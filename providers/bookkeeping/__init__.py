"""Integrations of the category 'bookkeeping'."""
