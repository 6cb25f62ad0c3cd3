"""Questions in words, answered from paths with an interval."""

from camjax.errors import QuestionError
from camjax.questions.ask import Answer, ask
from camjax.questions.evaluations import Evaluations
from camjax.questions.outputs import Outputs
from camjax.questions.parser import parse, parse_condition
from camjax.questions.solve import Solution, find, maximise

__all__ = [
    "Answer",
    "Evaluations",
    "Outputs",
    "QuestionError",
    "Solution",
    "ask",
    "find",
    "maximise",
    "parse",
    "parse_condition",
]
