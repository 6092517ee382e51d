"""Integrations of the category 'fulfilment'."""
