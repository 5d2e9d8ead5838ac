import pytest
import torch

from mtlcore.nets.lenet import lenet
from mtlcore.recipes.tran import pictures
from mtlcore.recipes.tran.config import TASKS


def batch(size=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    found = []
    for _ in TASKS:
        found += [torch.rand(size, 1, 28, 28, generator=generator), torch.randint(10, (size,), generator=generator)]
    return tuple(found)


def net():
    torch.manual_seed(0)
    return lenet(TASKS)


def test_gramians_are_those_of_the_last_shared_block():
    trained = net()
    grams = pictures.shared_gramians(trained, [batch(), batch(seed=1)], 5)
    assert grams.shape == (2, 3, 3)
    parameters = list(trained.block(1).parameters())
    inputs = batch()
    outputs = trained(dict(zip(TASKS, inputs[::2], strict=True)))
    rows = []
    for task, labels in zip(TASKS, inputs[1::2], strict=True):
        loss = torch.nn.functional.cross_entropy(outputs[task], labels)
        gradients = torch.autograd.grad(loss, parameters, retain_graph=True)
        rows.append(torch.cat([gradient.flatten() for gradient in gradients]))
    vectors = torch.stack(rows).double()
    torch.testing.assert_close(grams[0], vectors @ vectors.T, rtol=1e-4, atol=1e-7)
    assert all(parameter.grad is None for parameter in trained.parameters())


def test_a_channel_is_driven_both_ways_and_its_images_are_ordered():
    trained = net()
    images = {
        task: torch.rand(20, 1, 28, 28, generator=torch.Generator().manual_seed(n)) for n, task in enumerate(TASKS)
    }
    found = pictures.channel(trained, images, steps=30)
    assert found.number == int(trained.block(1).norm.weight.abs().argmax())
    assert found.reached[0] < found.range[0] < 0 < found.range[1] < found.reached[1]
    for image in (found.minimised, found.maximised):
        assert image.shape == (1, 28, 28)
        assert 0 <= float(image.min()) <= float(image.max()) <= 1
    pooled = torch.cat(list(images.values()))
    with torch.no_grad():
        levels = trained.block(1).conv(trained.eval().block(0)(pooled))[:, found.number].mean((1, 2))
    torch.testing.assert_close(found.largest, pooled[levels.argsort(descending=True)[:9]])
    torch.testing.assert_close(found.smallest, pooled[levels.argsort()[:9]])
    assert found.tasks == tuple(TASKS[int(place) // 20] for place in levels.argsort(descending=True)[:9])


def test_a_channel_needs_a_block_that_all_share():
    trained = net().split(1, [(2,), (3, 4)])
    trained.split(0, [(1,), (5,)])
    with pytest.raises(ValueError, match="no block is shared by all tasks"):
        pictures.channel(trained, {task: torch.rand(9, 1, 28, 28) for task in TASKS}, steps=1)


def test_pictures_at_smoke_are_the_same_for_a_seed():
    one, two = (pictures.pictures("smoke", "twin", seed=3) for _ in range(2))
    torch.testing.assert_close(one.gramians, two.gramians, rtol=0, atol=0)
    assert one.channel.number == two.channel.number
    assert one.gramians.shape == (pictures.BUDGETS["smoke"][2], 3, 3)
    assert {task: tuple(images.shape) for task, images in one.images.items()} == dict.fromkeys(TASKS, (16, 1, 28, 28))
    assert one.composed.shape == (16, 1, 28, 28)
    assert torch.equal(one.channel.maximised, two.channel.maximised)
    other = pictures.pictures("smoke", "twin", seed=4)
    assert not torch.equal(one.gramians, other.gramians)


def test_the_solver_is_timed():
    grams = torch.eye(3, dtype=torch.float64).expand(2, 3, 3)
    assert 0 < pictures.solver_seconds(grams, calls=5) < 0.1
