"""Backtest: the model against observed weights, beside baselines that know nothing of yields."""

from calibration.backtest.replay import Replay, replay
from calibration.backtest.run import MODES, Backtest, Mode, backtest

__all__ = ["MODES", "Backtest", "Mode", "Replay", "backtest", "replay"]
