"""How a command ends."""

OK = 0
"""Exit status of a command that did what was asked."""

FAULT = 1
"""Exit status where camjax itself is at fault."""

REFUSED = 2
"""Exit status for anything the user gave that cannot be used."""

INTERRUPTED = 130
"""Exit status after Ctrl-C."""

READER_GONE = 141
"""Exit status where whoever reads standard output has closed it, as `head` does."""

BY_SIGNAL = 128
"""Added to the number of the signal that stopped a command: 130 after Ctrl-C, 143 after SIGTERM."""
