"""How a command ends."""

INTERRUPTED = 130
"""Exit status after Ctrl-C."""

REFUSED = 2
"""Exit status for anything the user gave that cannot be used."""
