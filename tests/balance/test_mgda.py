import pytest
import torch
from torchjd import autojac
from torchjd.aggregation import MGDA as PeerMGDA

from mtlcore.balance import MGDA, NormalisedMean, NotFiniteError
from tests.balance.toy import flat, grads, shortest, toy, two_vectors

SETTINGS = ["shared", "separate", "tree", "separate tree"]


def scale(normalise, rows, losses):
    norms = rows.norm(dim=1)
    return {"none": torch.ones_like(norms), "l2": 1 / norms, "loss": 1 / losses, "loss+": 1 / (losses * norms)}[
        normalise
    ]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("setting", SETTINGS)
def test_every_shared_block_gets_its_shortest_combination(setting, seed):
    plain, found = toy(setting, seed), toy(setting, seed)
    numbers = MGDA().backward(found.losses, found.blocks)
    ratios = []
    for block, other in zip(plain.blocks, found.blocks, strict=True):
        rows = plain.rows(block)
        weights = shortest(rows @ rows.T) if len(rows) > 1 else torch.ones(1, dtype=torch.float64)
        torch.testing.assert_close(grads(other), weights @ rows, rtol=1e-6, atol=1e-10)
        if len(rows) > 1:
            ratios.append(float((weights @ rows).norm() / rows.norm(dim=1).mean()))
        if block.tasks == (0, 1, 2):
            last = weights
    assert [float(numbers[f"weight_{task}"]) for task in range(3)] == pytest.approx(last.tolist(), abs=1e-7)
    assert float(numbers["kkt_ratio"]) == pytest.approx(max(ratios), rel=1e-6)
    step = flat([grads(block) for block in found.blocks if len(block.tasks) > 1])
    assert float(numbers["kkt_max"]) == pytest.approx(float(step.abs().max()))


@pytest.mark.parametrize("normalised_step", [False, True])
@pytest.mark.parametrize("normalise", ["none", "l2", "loss", "loss+"])
@pytest.mark.parametrize("per", ["block", "tensor"])
def test_normalisation_by_block_and_by_tensor(per, normalise, normalised_step):
    plain, found = toy("tree"), toy("tree")
    losses = torch.stack(plain.losses).detach()
    MGDA(per=per, normalise=normalise, normalised_step=normalised_step).backward(found.losses, found.blocks)
    for block, other in zip(plain.blocks[:3], found.blocks[:3], strict=True):
        gradients = plain.gradients(block)
        parts = [[flat(row)] for row in gradients] if per == "block" else [[g.flatten() for g in r] for r in gradients]
        expected = []
        for single in zip(*parts, strict=True):
            rows = torch.stack(single)
            scales = scale(normalise, rows, losses[list(block.tasks)])
            scaled = rows * scales[:, None]
            expected.append(shortest(scaled @ scaled.T) @ (scaled if normalised_step else rows))
        torch.testing.assert_close(grads(other), torch.cat(expected), rtol=1e-5, atol=1e-8)
    for block, other in zip(plain.blocks[3:], found.blocks[3:], strict=True):
        torch.testing.assert_close(grads(other), plain.rows(block)[0], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("seed", range(4))
def test_torchjd_finds_the_same_step(seed):
    peer, found = toy(seed=seed, scales=(1, 1, 1)), toy(seed=seed, scales=(1, 1, 1))
    shared = list(peer.blocks[0].parameters + peer.blocks[1].parameters)
    heads = [list(block.parameters) for block in peer.blocks[2:]]
    autojac.mtl_backward(peer.losses, peer.representation, tasks_params=heads, shared_params=shared)
    autojac.jac_to_grad(shared, PeerMGDA(epsilon=1e-12, max_iters=3_000))
    # TorchJD has one problem for all shared parameters: so does a single block
    whole = [found.blocks[0]._replace(parameters=found.blocks[0].parameters + found.blocks[1].parameters)]
    MGDA().backward(found.losses, [*whole, *found.blocks[2:]])
    ours, theirs = grads(whole[0]), flat([parameter.grad for parameter in shared])
    # its Frank-Wolfe iterations end a little above the least norm
    assert float(ours.norm()) <= float(theirs.norm()) * (1 + 1e-9)
    assert float((ours - theirs).norm()) < 0.01 * float(theirs.norm())
    for one, other in zip(peer.blocks[2:], found.blocks[2:], strict=True):
        torch.testing.assert_close(grads(other), grads(one), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("method", ["exact", "frank_wolfe", "projected"])
def test_the_step_lowers_every_loss_at_first_order(setting, method):
    plain, found = toy(setting, 5), toy(setting, 5)
    MGDA(method=method).backward(found.losses, found.blocks)
    for block, other in zip(plain.blocks, found.blocks, strict=True):
        step = grads(other)
        slopes = plain.rows(block) @ step
        assert float(slopes.min()) >= float(step @ step) - 1e-3 * float(
            step.norm() * plain.rows(block).norm(dim=1).max()
        )


def test_opposite_gradients_are_stationary():
    found = two_vectors([3.0, 4.0], [-6.0, -8.0])
    numbers = MGDA().backward(found.losses, found.blocks)
    assert {name: float(value) for name, value in numbers.items()} == pytest.approx(
        {"weight_0": 2 / 3, "weight_1": 1 / 3, "kkt_ratio": 0, "kkt_max": 0}, abs=1e-7
    )
    assert found.blocks[0].parameters[0].grad.abs().max() < 1e-12
    assert grads(found.blocks[1]).tolist() == [2.0, 2.0]  # private parameters train on


def test_gradients_of_zero_are_stationary_and_finite():
    for balancer in (MGDA(), MGDA(normalise="loss+", normalised_step=True), NormalisedMean()):
        found = two_vectors([0.0, 0.0], [0.0, 0.0])
        numbers = balancer.backward(found.losses, found.blocks)
        assert float(numbers["kkt_ratio"]) == float(numbers["kkt_max"]) == 0
        assert grads(found.blocks[0]).tolist() == [0, 0]


def test_perpendicular_gradients_of_equal_length_are_averaged():
    found = two_vectors([2.0, 0.0], [0.0, 2.0])
    numbers = MGDA().backward(found.losses, found.blocks)
    assert grads(found.blocks[0]).tolist() == pytest.approx([1.0, 1.0])
    assert float(numbers["kkt_ratio"]) == pytest.approx(0.5**0.5)
    assert float(numbers["kkt_max"]) == pytest.approx(1.0)


@pytest.mark.parametrize("per", ["block", "tensor"])
def test_normalised_mean_averages_unit_gradients_over_losses(per):
    plain, found = toy("tree", 2), toy("tree", 2)
    NormalisedMean(per=per).backward(found.losses, found.blocks)
    losses = torch.stack(plain.losses).detach()
    for block, other in zip(plain.blocks[:3], found.blocks[:3], strict=True):
        gradients = plain.gradients(block)
        parts = [[flat(row)] for row in gradients] if per == "block" else [[g.flatten() for g in r] for r in gradients]
        rows = [torch.stack(single) for single in zip(*parts, strict=True)]
        of_block = losses[list(block.tasks), None]
        expected = torch.cat([(one / (of_block * one.norm(dim=1, keepdim=True))).mean(0) for one in rows])
        torch.testing.assert_close(grads(other), expected, rtol=1e-5, atol=1e-6)


def test_gradient_that_is_not_finite_is_refused():
    found = two_vectors([float("nan"), 1.0], [1.0, 1.0])
    with pytest.raises(NotFiniteError, match="a gradient is not finite; look for a loss that is NaN"):
        MGDA().backward(found.losses, found.blocks)


@pytest.mark.parametrize("option", [{"per": "layer"}, {"normalise": "l1"}, {"method": "newton"}])
def test_unknown_options_are_refused(option):
    ((name, value),) = option.items()
    with pytest.raises(ValueError, match=f"{name} '{value}' is unknown; choose one of"):
        MGDA(**option)
