"""What `bootstrap.py` does once a fitting Python runs it: standard library only, nothing from `app` or `ui`."""
