"""The doors of the assembled program that are not a window: commands, the hand-over socket, the rehearsal servers."""
