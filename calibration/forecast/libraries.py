"""Libraries of the extra `calibration`, loaded where they are used."""

import importlib
from types import ModuleType

from camjax.errors import CamjaxError, refusal


def load_library(module: str) -> ModuleType:
    """Import a module of statsmodels or scikit-learn.

    Raises:
      CamjaxError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        remedy = 'Install it: pip install "camjax[calibration]".'
        raise CamjaxError(refusal("forecast", f"the library {module}", "none", remedy)) from error
