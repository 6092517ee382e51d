"""Integrations of the category 'social'."""
