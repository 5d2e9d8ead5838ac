"""Methods that make one gradient out of those of several tasks; one protocol, one call in the training loop."""

from mtlcore.balance.balancer import Balancer, Block, Losses, NotFiniteError
from mtlcore.balance.gradnorm import GradNorm
from mtlcore.balance.hybrid import Hybrid
from mtlcore.balance.mgda import MGDA
from mtlcore.balance.mgda_ub import MGDAUB
from mtlcore.balance.normalised_mean import NormalisedMean
from mtlcore.balance.pcgrad import PCGrad
from mtlcore.balance.sum import Sum
from mtlcore.balance.uncertainty import Uncertainty

__all__ = [
    "MGDA",
    "MGDAUB",
    "Balancer",
    "Block",
    "GradNorm",
    "Hybrid",
    "Losses",
    "NormalisedMean",
    "NotFiniteError",
    "PCGrad",
    "Sum",
    "Uncertainty",
]
