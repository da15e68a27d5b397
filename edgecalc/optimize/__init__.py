"""Descent on the same differences: update rules, one loop for all of them, Newton's method, and traces that say what was found.

    descend(f, x0, rule, ...)    gradient descent, momentum, Adam and the others; many starts at once; mini-batches
    newton, bfgs, lbfgs          with second derivatives, or with what can be learned of them
    rules, schedules             how a step is made, how its rate changes
    problems                     functions with known answers

>>> from edgecalc import optimize
>>> trace = optimize.descend(lambda x: 2 * x**2 - 3 * x + 4, 2.0, "gd", rate=0.1, steps=50)
>>> float(round(trace.x[-1], 6)), trace.verdict
(0.75, 'minimum')
"""

from edgecalc.optimize import problems, rules, schedules
from edgecalc.optimize.bfgs import bfgs, lbfgs
from edgecalc.optimize.descend import descend
from edgecalc.optimize.newton import newton
from edgecalc.optimize.rules import RULES, Rule
from edgecalc.optimize.schedules import SCHEDULES, Schedule
from edgecalc.optimize.trace import Trace

__all__ = ["RULES", "SCHEDULES", "Rule", "Schedule", "Trace", "bfgs", "descend", "lbfgs", "newton", "problems", "rules", "schedules"]
