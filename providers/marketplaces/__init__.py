"""Integrations of the category 'marketplaces'."""
