"""Integrations of the category 'cargo'."""
