"""Integrations of the category 'erp'."""
