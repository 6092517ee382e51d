"""Benches: each a ratio against a peer in the same run, best of three; run by `bootstrap.py bench`."""
