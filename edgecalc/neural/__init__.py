"""Neurons and small networks, trained by the same descent and checked by the same differences as everything else here.

    Neuron                   one neuron: linear, or a sigmoid between two kinds
    Network                  layers, backpropagation, training
    LOSSES, losses           mse, half mse, log loss, cross entropy, exact at saturation
    gradcheck                a gradient beside finite differences with error bars
    course_line, course_clouds    data to try it on

>>> from edgecalc import neural
>>> samples = neural.course_line()
>>> neuron = neural.Neuron("linear", features=2)
>>> neuron.parameters = samples.starts[-1]
>>> trace = neuron.train(samples.X, samples.T, rate=0.1, steps=22)
>>> trace.f[[0, 5, 21]].round(6), trace.verdict
(array([0.439887, 0.420053, 0.408717]), 'not converged')
"""

# Not looked up when first used, as in the other rooms: the file gradcheck.py would then stand in the way of its function.
from edgecalc.neural import losses, network, neuron
from edgecalc.neural.gradcheck import GradientCheck, gradcheck
from edgecalc.neural.losses import LOSSES, Loss
from edgecalc.neural.network import INITIALS, Network, Slopes
from edgecalc.neural.neuron import Neuron, Samples, course_clouds, course_line

__all__ = [
    "INITIALS",
    "LOSSES",
    "GradientCheck",
    "Loss",
    "Network",
    "Neuron",
    "Samples",
    "Slopes",
    "course_clouds",
    "course_line",
    "gradcheck",
    "losses",
    "network",
    "neuron",
]
