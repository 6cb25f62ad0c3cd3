"""How a run ends that is interrupted and can be continued."""


class Stopped(KeyboardInterrupt):
    """Ctrl-C stopped a run; the message says what was saved and how to go on."""
