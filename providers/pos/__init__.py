"""Integrations of the category 'pos'."""
