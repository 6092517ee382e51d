"""What differs by operating system: files that survive a power cut, folders, the system's keyring.

One small port each. Nothing here knows what the bytes mean, and nothing here may block the event loop for long.
"""
