"""The labs' questions: `check(id, answer)` says at once whether an answer is right, and what is wrong with it.

A module a lab holds the judges of its questions; the labs themselves are pages, in `book/labs`.
"""

from mtlcore.labs import angles, conflicts, freezing, genetic, verdict, zeros
from mtlcore.labs.checking import QUESTIONS, NotYet, Question, check

__all__ = ["QUESTIONS", "NotYet", "Question", "angles", "check", "conflicts", "freezing", "genetic", "verdict", "zeros"]
