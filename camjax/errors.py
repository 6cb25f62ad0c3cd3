"""The errors a user can cause, each saying where, what was expected, got, and what helps."""


class CamjaxError(ValueError):
    """Something a user gave cannot be used; the message says where and how to mend it."""


class ScenarioError(CamjaxError):
    """A scenario, a driver file or an override does not describe a model that can run."""


class QuestionError(CamjaxError):
    """A question that cannot be read or answered; the message ends with a caret at the place.

    Args:
      sentence: where, expected, got, remedy, in one line.
      text: the question.
      position: of the place in it, from 0.
    """

    def __init__(self, sentence: str, text: str, position: int) -> None:
        self.sentence = sentence
        self.pointer = f"  {text}\n  {' ' * position}^"
        super().__init__(f"{sentence}\n{self.pointer}")


def refusal(where: str, expected: str, got: object, remedy: str = "") -> str:
    """Word a refusal in the one form used throughout: where, expected, got, remedy.

    >>> refusal("deposits.pool.trading_fee", "a number in [0, 1)", 3, "A fee of 0.3 % is 0.003.")
    'deposits.pool.trading_fee: expected a number in [0, 1), got 3. A fee of 0.3 % is 0.003.'
    """
    return f"{where}: expected {expected}, got {got}. {remedy}".rstrip()
