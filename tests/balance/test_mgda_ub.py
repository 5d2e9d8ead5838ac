import pytest
import torch

from mtlcore.balance import MGDA, MGDAUB
from tests.balance.toy import flat, grads, shortest, toy


def at(found):
    """Gradients with respect to the representation, (T, batch, features)."""
    return torch.stack([torch.autograd.grad(loss, found.representation, retain_graph=True)[0] for loss in found.losses])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("setting", ["shared", "tree"])
def test_blocks_before_the_representation_share_its_weights(setting, seed):
    plain, found = toy(setting, seed), toy(setting, seed)
    numbers = MGDAUB().backward(found.losses, found.blocks, found.representation)
    rows = at(plain).flatten(1)
    weights = shortest(rows @ rows.T)
    for block, other in zip(plain.blocks, found.blocks, strict=True):
        gradients = plain.rows(block)
        if block.tasks == (0, 1, 2):
            expected = weights @ gradients
        elif len(block.tasks) == 2:
            expected = shortest(gradients @ gradients.T) @ gradients
        else:
            expected = gradients[0]
        torch.testing.assert_close(grads(other), expected, rtol=1e-6, atol=1e-10)
    assert [float(numbers[f"weight_{task}"]) for task in range(3)] == pytest.approx(weights.tolist(), abs=1e-7)
    if setting == "shared":
        ratio = (weights @ rows).norm() / rows.norm(dim=1).mean()
        assert float(numbers["kkt_ratio"]) == pytest.approx(float(ratio), rel=1e-6)
    step = flat([grads(block) for block in found.blocks if len(block.tasks) > 1])
    assert float(numbers["kkt_max"]) == pytest.approx(float(step.abs().max()))


def test_batch_is_flattened_not_summed():
    plain, found = toy(), toy()
    numbers = MGDAUB().backward(found.losses, found.blocks, found.representation)
    summed = at(plain).sum(1)
    other = shortest(summed @ summed.T)
    assert max(abs(float(numbers[f"weight_{task}"]) - float(other[task])) for task in range(3)) > 0.01


@pytest.mark.parametrize("normalise", ["l2", "loss", "loss+"])
def test_normalisation_uses_the_gradients_of_the_representation(normalise):
    plain, found = toy(), toy()
    numbers = MGDAUB(normalise=normalise).backward(found.losses, found.blocks, found.representation)
    rows, losses = at(plain).flatten(1), torch.stack(plain.losses).detach()
    norms = rows.norm(dim=1)
    rows = rows / {"l2": norms, "loss": losses, "loss+": losses * norms}[normalise][:, None]
    expected = shortest(rows @ rows.T)
    assert [float(numbers[f"weight_{task}"]) for task in range(3)] == pytest.approx(expected.tolist(), abs=1e-6)


def test_combination_is_bounded_as_the_equation_says():
    """||sum_t a_t g_t|| <= ||dZ/dtheta|| ||sum_t a_t dL_t/dZ||, with the spectral norm [tran, Eq. 4.6]."""
    plain, found = toy(), toy()
    MGDAUB().backward(found.losses, found.blocks, found.representation)
    block = plain.blocks[1]
    outputs = plain.representation.flatten()
    jacobian = torch.stack([flat(torch.autograd.grad(z, block.parameters, retain_graph=True)) for z in outputs])
    rows = at(plain).flatten(1)
    combined = shortest(rows @ rows.T) @ rows
    bound = torch.linalg.matrix_norm(jacobian, 2) * combined.norm()
    assert 0 < float(grads(found.blocks[1]).norm()) <= float(bound)


def test_separate_inputs_have_no_common_representation():
    found = toy("separate")
    with pytest.raises(ValueError, match="tasks with separate inputs have no common output: use MGDA there"):
        MGDAUB().backward(found.losses, found.blocks, found.representation)


def test_wrong_representations_are_refused():
    found = toy()
    with pytest.raises(ValueError, match="the representation has no graph"):
        MGDAUB().backward(found.losses, found.blocks, found.representation.detach())
    with pytest.raises(ValueError, match="no loss depends on the representation"):
        MGDAUB().backward(found.losses, found.blocks, found.representation * 1)


def test_representation_of_an_earlier_block_is_refused():
    weight, other = (torch.ones(3, requires_grad=True) for _ in range(2))
    early = weight * torch.arange(3.0)
    losses = [(early * other).sum(), (early * other).square().sum()]
    with pytest.raises(
        ValueError, match=r"the block of all tasks with parameters of the shapes \[\(3,\)\] is not befo"
    ):
        MGDAUB().backward(losses, [((weight,), (0, 1)), ((other,), (0, 1))], early)


def test_frozen_trunk_leaves_mgda_on_what_is_behind():
    one, other = toy("tree"), toy("tree")
    for found in (one, other):
        for block in found.blocks[:2]:
            for parameter in block.parameters:
                parameter.requires_grad_(False)
    MGDA().backward(one.losses, one.blocks)
    MGDAUB().backward(other.losses, other.blocks, other.representation)
    for block, found in zip(one.blocks[2:], other.blocks[2:], strict=True):
        torch.testing.assert_close(grads(found), grads(block), rtol=0, atol=0)
