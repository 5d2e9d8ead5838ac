"""ProxAdam: Adam, and after each of its steps the proximal step of a group penalty [upadhyay, Eq. 4].

The penalty is λ √n_g |θ_g| summed over groups [upadhyay, Eq. 3], with n_g the elements of a group: input channels of a
convolution in the paper, whole filters, or single elements (ℓ1) for comparison. The text gives the closed form of a
plain gradient step (Eq. 5), metric "identity". The published code minimises in the metric √v + ε of Adam's second
moment v, not corrected for bias, metric "adam"; since √v is often 1e-4 or less, the same λ then shrinks weights far
more. In both the step size is the nominal learning rate. Deviations from that code: the moments are kept from epoch to
epoch unless the caller makes a new optimiser, and the penalty acts in the proximal step alone, not in the loss as well.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from mtlcore.kernels.prox import as_columns, shorten_, soft_threshold
from mtlcore.kernels.prox_metric import shorten_in_metric_

GROUPS = {"input_channel": 1, "filter": 0, "element": None}  # the axis of the groups
METRICS = ("identity", "adam")


class ProxAdam(torch.optim.Adam):
    """Adam or AdamW on all parameters; behind each step, groups of some are shortened or become exactly zero.

    Every option may be given for a single parameter group, as in torch; `penalised` makes the usual two. Learning rate
    and strength may be changed between steps: `optimizer.param_groups[0]["strength"] = ...`.

    Args:
        params: parameters, or parameter groups.
        lr, betas, eps, weight_decay: as torch.optim.Adam.
        decoupled: apply the weight decay to the weights (AdamW) rather than to the gradient (Adam).
        strength: λ, at least 0; 0 is Adam, to the bit.
        groups: input_channel | filter | element.
        positions: an option of a parameter group of weights (O, I * positions) behind a flattened feature map: so many
            neighbouring columns are one input channel. 1 where it is not given.
        metric: identity (Eq. 5) | adam (the published code).

    Raises:
        ValueError: an option is unknown or negative, or a penalised parameter has no input channels.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        decoupled: bool = True,
        strength: float = 0.0,
        groups: str = "input_channel",
        metric: str = "identity",
    ) -> None:
        self._penalty = {"strength": strength, "groups": groups, "metric": metric}
        super().__init__(params, lr, betas, eps, weight_decay, fused=True, decoupled_weight_decay=decoupled)
        self.defaults |= self._penalty

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_penalty": self._penalty}  # torch keeps what it knows alone

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a parameter group, with the penalty's options checked."""
        param_group = {**self._penalty, **param_group}
        super().add_param_group(param_group)
        try:
            _check(self.param_groups[-1])
        except ValueError:
            self.param_groups.pop()
            raise

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step of Adam, then the proximal step; parameters without gradient are left alone."""
        loss = _adam_step(self, closure)
        for group in self.param_groups:
            if group["strength"] != 0:
                self._shrink(group)
        return loss

    def _shrink(self, group: dict[str, Any]) -> None:
        dim, adam = GROUPS[group["groups"]], group["metric"] == "adam"
        for weight in group["params"]:
            if weight.grad is None:
                continue
            threshold = group["lr"] * group["strength"]
            if dim is None:
                metric = self.state[weight]["exp_avg_sq"].sqrt().add_(group["eps"]) if adam else 1.0
                weight.copy_(soft_threshold(weight, threshold / metric))
                continue
            positions = group.get("positions", 1)
            seen = by_channel(weight, positions)
            columns, repeat = as_columns(seen, dim)
            threshold = threshold * (seen.numel() // seen.shape[dim]) ** 0.5
            if adam:
                moment, _ = as_columns(by_channel(self.state[weight]["exp_avg_sq"], positions), dim)
                shorten_in_metric_(columns, moment, repeat, threshold, eps=group["eps"])
            else:
                shorten_(columns, repeat, threshold)


def penalised(net: nn.Module, shared: nn.Module, **penalty: Any) -> list[dict[str, Any]]:
    """Two parameter groups: the convolutions of the shared part with a penalty, all else without.

    Args:
        net: the network to be trained.
        shared: the part of it whose 4-D weights are penalised, stem and shortcuts included, as in the published code;
            batch normalisation and heads are not.
        penalty: options of these weights alone, `strength` first of all.

    Raises:
        ValueError: the shared part has no convolution, or an option is none of `ProxAdam`.
    """
    known = {"positions", *inspect.signature(ProxAdam).parameters} - {"params", "decoupled"}
    if not penalty.keys() <= known:
        wrong = min(penalty.keys() - known)
        near = difflib.get_close_matches(wrong, known, 1)
        meant = f"did you mean {near[0]}?" if near else f"choose among {', '.join(sorted(known))}"
        raise ValueError(f"{wrong!r} is no option of a parameter group of ProxAdam; {meant}")
    weights = [parameter for parameter in shared.parameters() if parameter.dim() == 4]
    if not weights:
        raise ValueError(f"{type(shared).__name__} has no convolution to penalise")
    chosen = {id(weight) for weight in weights}
    others = [parameter for parameter in net.parameters() if id(parameter) not in chosen]
    return [{"params": weights, **penalty}, {"params": others, "strength": 0.0}]


def by_channel(weight: Tensor, positions: int) -> Tensor:
    """A view (O, I, positions) of a weight (O, I * positions) that reads a flattened map; the weight itself for 1."""
    return weight if positions == 1 else weight.view(len(weight), -1, positions)


def _check(group: dict[str, Any]) -> None:
    for name, choices in (("groups", GROUPS), ("metric", METRICS)):
        if group[name] not in choices:
            raise ValueError(f"{name} {group[name]!r} is unknown; choose one of {', '.join(choices)}")
    if not group["strength"] >= 0:
        raise ValueError(f"the strength of a penalty is 0 or more, got {group['strength']}")
    if group["metric"] == "adam" and not group["eps"] > 0:
        raise ValueError("metric 'adam' divides by √v + eps, which may be 0 with eps 0; take eps above 0")
    positions = group.get("positions", 1)
    for weight in group["params"]:
        if positions > 1 and (weight.dim() != 2 or weight.shape[1] % positions):
            raise ValueError(
                f"a parameter of shape {tuple(weight.shape)} does not read {positions} positions of each channel; give "
                "positions to a parameter group of such linear weights alone"
            )
        if group["strength"] > 0 and group["groups"] == "input_channel" and weight.dim() < 2:
            raise ValueError(
                f"a parameter of shape {tuple(weight.shape)} has no input channels; put it into a parameter group of "
                "strength 0, as prune.penalised does"
            )


def _plain(step: Callable[..., Any]) -> Callable[..., Any]:
    """Adam's own step, without the hooks that torch puts around it: they run around ours."""
    while getattr(step, "hooked", False):
        step = inspect.getattr_static(step, "__wrapped__")
    return step


_adam_step = _plain(torch.optim.Adam.step)
