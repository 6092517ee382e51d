"""Prices and stock as a merchant sets them. Knows no other trade; nothing here sends anything to a channel."""
