"""The errors a user can cause, each saying where, what was expected, got, and what helps."""


class CamjaxError(ValueError):
    """Something a user gave cannot be used; the message says where and how to mend it."""


class ScenarioError(CamjaxError):
    """A scenario, a driver file or an override does not describe a model that can run."""


def refusal(where: str, expected: str, got: object, remedy: str = "") -> str:
    """Word a refusal in the one form used throughout: where, expected, got, remedy.

    >>> refusal("deposits.pool.trading_fee", "a number in [0, 1)", 3, "A fee of 0.3 % is 0.003.")
    'deposits.pool.trading_fee: expected a number in [0, 1), got 3. A fee of 0.3 % is 0.003.'
    """
    return f"{where}: expected {expected}, got {got}. {remedy}".rstrip()
