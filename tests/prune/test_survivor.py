import pytest
import torch

from mtlcore.prune import Distinctiveness, observe
from tests.two_tasks import inputs, make


def pruned(survivor, take="until_none", scale=3.0):
    """A network with three copies of unit 2, the last of them enlarged, pruned; its pairs."""
    net = make("none", norm=False)
    with torch.no_grad():
        for copy, factor in ((5, 1.0), (8, scale)):
            net.producer.weight[copy] = factor * net.producer.weight[2]
            net.producer.bias[copy] = factor * net.producer.bias[2]
    batch = inputs(200, seed=1)
    with observe(net, net.layer) as gram:
        net(batch)
    before = [output.detach() for output in net(batch)]
    method = Distinctiveness(
        net.layer, similar=1e-3, complementary=180, coefficient="projection", take=take, survivor=survivor
    )
    found = method.prune(gram)
    return found, before, net(batch)


def test_the_first_unit_survives_or_the_larger_one():
    assert pruned("first")[0].removed.tolist() == [5, 8]
    assert pruned("larger")[0].removed.tolist() == [2, 5]
    assert pruned("larger", scale=0.2)[0].removed.tolist() == [5, 8]
    assert pruned("larger")[0].pairs.units[:, 0].tolist()[-1] == 8


@pytest.mark.parametrize("survivor", ["first", "larger"])
@pytest.mark.parametrize("take", ["one", "disjoint", "until_none"])
def test_outputs_stay_whichever_survives(survivor, take):
    found, before, after = pruned(survivor, take)
    assert len(found.removed) == (2 if take == "until_none" else 1)
    assert float(found.angles.max()) < 1e-3
    for old, new in zip(before, after, strict=True):
        torch.testing.assert_close(old, new, rtol=1e-4, atol=1e-5)


def test_others_are_refused():
    with pytest.raises(ValueError, match="survivor 'last' is unknown; choose one of first, larger"):
        Distinctiveness(make("none").layer, survivor="last")
