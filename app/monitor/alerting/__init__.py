"""Alerts: rules with thresholds as data, judged from facts, tied together, told once when on and once when off.

Nothing in here asks a vendor, and no rule reads a person's data or a secret.
"""
