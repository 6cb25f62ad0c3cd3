"""The command `camjax`.

Importing this package loads typer and nothing heavier; a command loads what it needs when it runs,
so that `camjax --help` answers at once.
"""

from camjax.cli.app import main

__all__ = ["main"]
