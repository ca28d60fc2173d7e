"""Judging rows and records: every fault as a value, in one pass. Python, one row at a time: this is the
meaning.
"""

from foreman_core.validation.judge import Fate, Judge, Verdict
from foreman_core.validation.values import Judged, judge_values

__all__ = ["Fate", "Judge", "Judged", "Verdict", "judge_values"]
