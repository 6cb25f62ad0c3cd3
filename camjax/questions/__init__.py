"""Questions in words, answered from paths with an interval."""

from camjax.errors import QuestionError
from camjax.questions.ask import Answer, ask
from camjax.questions.evaluations import Evaluations
from camjax.questions.outputs import Outputs
from camjax.questions.parser import parse, parse_condition
from camjax.questions.solve import Solution, find, maximise
from camjax.questions.statistic import Statistic

__all__ = [
    "Answer",
    "Evaluations",
    "Outputs",
    "QuestionError",
    "Solution",
    "Statistic",
    "ask",
    "find",
    "maximise",
    "parse",
    "parse_condition",
]
