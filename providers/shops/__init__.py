"""Integrations of the category 'shops'."""
