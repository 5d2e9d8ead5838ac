"""Typical wrong answers get the hint that names the mistake, never a right mark, and never the answer."""

from __future__ import annotations

import itertools
import math
import time

import pytest
import torch
from scipy import stats
from torch.nn import functional as F

from mtlcore import claims, labs
from mtlcore.kernels.prox import group_soft_threshold, soft_threshold


def hint(question, answer):
    """What a student is told."""
    with pytest.raises(labs.NotYet) as caught:
        labs.check(question, answer)
    return str(caught.value)


def units(vectors):
    return vectors / vectors.norm(dim=1, keepdim=True)


ANGLES = [
    ("angles-1", lambda a, b: F.cosine_similarity(a, b, dim=0).clamp(-1, 1).arccos(), "radians"),
    ("angles-1", lambda a, b: (a @ b).clamp(-1, 1).arccos().rad2deg(), "the angle of two vectors is too"),
    ("angles-1", lambda a, b: None, "is something returned"),
    ("angles-1", lambda a, b: ((a @ b) / (a.norm() * b.norm())).arccos().rad2deg(), "a little beyond 1"),
    ("angles-5", ..., "still empty"),
    ("angles-2", lambda v: (units(v) @ units(v).T).arccos().rad2deg(), "a little beyond 1"),
    ("angles-2", lambda v: (units(v) @ units(v).T).clamp(-1, 1).arccos().rad2deg().fill_diagonal_(9), "the diagonal"),
    ("angles-2", lambda v: units(v.T) @ units(v.T).T, "a row and a column for every unit"),
    ("angles-3", lambda angles, limit: [], "0 pairs were found"),
    ("angles-3", lambda angles, limit: (angles < limit).nonzero().tolist(), "paired with itself"),
    ("angles-3", lambda angles, limit: (angles < limit).triu(1).nonzero().tolist()[:1] * 2, "in two pairs"),
    ("angles-4", lambda a, w, pairs: (a, w), "units should go"),
    ("angles-4", lambda a, w, pairs: _drop(a, w, pairs), "what the removed units contributed is lost"),
    ("angles-4", lambda a, w, pairs: _drop(a, w.zero_(), pairs), "work on a copy"),
    ("angles-5", 180, "positive"),
    ("angles-5", 45, "too small"),
    ("angles-6", lambda v: torch.zeros(len(v), len(v)), "the angles from 0.5"),
]


def _drop(activations, weight, pairs):
    kept = [unit for unit in range(weight.shape[1]) if unit not in {second for _, second in pairs}]
    return activations[:, kept], weight[:, kept]


def rows_by_grad(losses, parameters):
    """`.grad` adds up: the second row is the sum."""
    rows = []
    for loss in losses:
        loss.backward(retain_graph=True)
        rows.append(torch.cat([parameter.grad.flatten() for parameter in parameters]))
    return torch.stack(rows)


def rows_once(losses, parameters):
    return torch.stack([torch.cat([g.flatten() for g in torch.autograd.grad(x, parameters)]) for x in losses])


def unclamped(first, second):
    difference = first - second
    return -(second @ difference) / (difference @ difference)


def kkt(weights, gram, *, equal=False, simplex=True):
    products, slack = gram @ weights, 1e-6
    square = weights @ products
    inside = (weights >= -slack).all() and abs(weights.sum() - 1) < slack
    fits = (products - square).abs() <= slack if equal else products >= square - slack
    return bool(fits.all() and (inside or not simplex))


def project(first, second, *, always=False, chained=False):
    product = first @ second
    if product >= 0 and not always:
        return first + second
    changed = first - product / (second @ second) * second
    against = changed if chained else first
    return changed + second - (against @ second) / (against @ against) * against


CONFLICTS = [
    (
        "conflicts-1",
        lambda a, b: sum(F.cosine_similarity(x.flatten(), y.flatten(), dim=0) for x, y in zip(a, b, strict=True)) / 2,
        "mean of the tensors' own cosines",
    ),
    ("conflicts-1", lambda a, b: sum((x * y).sum() for x, y in zip(a, b, strict=True)), "that is the dot product"),
    ("conflicts-2", rows_by_grad, "`.grad` adds up"),
    ("conflicts-2", rows_once, "keep it until the last is done"),
    ("conflicts-2", lambda losses, parameters: rows_by_grad(losses, parameters)[0], "has the shape"),
    ("conflicts-3", unclamped, "between 0 and 1"),
    ("conflicts-3", lambda a, b: 1 - unclamped(a, b).clamp(0, 1), "weight of the second gradient"),
    ("conflicts-3", lambda a, b: unclamped(a, b).clamp(0, 1), "every weight from 0 to 1 is right"),
    ("conflicts-4", lambda w, g: kkt(w, g, equal=True), "may have a larger product"),
    ("conflicts-4", lambda w, g: kkt(w, g, simplex=False), "do not sum to 1"),
    ("conflicts-4", lambda w, g: abs(float(w.sum()) - 1) < 1e-6, "leave the hull"),
    ("conflicts-4", lambda w, g: bool((w >= 0).all()) and abs(float(w.sum()) - 1) < 1e-6, "longest gradient alone"),
    ("conflicts-5", lambda g, w, rate: rate * g @ (w @ g), "sign"),
    ("conflicts-5", lambda g, w, rate: -g @ (w @ g), "step size is missing"),
    ("conflicts-6", lambda a, b: project(a, b, always=True), "where the gradients agree"),
    ("conflicts-6", lambda a, b: project(a, b, chained=True), "take the original"),
    ("conflicts-6", lambda a, b: a + b, "where they disagree"),
    ("conflicts-7", 1 / 101, "the long gradient"),
    ("conflicts-7", 0.5, "nearest to 0"),
]


def group(weight, threshold, **how):
    return group_soft_threshold(weight, threshold, dim=1, **how)


ZEROS = [
    ("zeros-1", lambda x, t: x.where(x.abs() > t, torch.zeros_like(x)), "must come nearer to 0"),
    ("zeros-1", lambda x, t: (x - t).clamp(min=0), "negative numbers"),
    ("zeros-1", lambda x, t: x.copy_(soft_threshold(x, t)), "return new ones"),
    ("zeros-2", lambda w, t: group_soft_threshold(w, t, dim=0), "you have shrunk the rows"),
    ("zeros-2", soft_threshold, "shortened as a whole"),
    ("zeros-2", lambda w, t: w * (1 - t / w.norm(dim=0)), "turned round"),
    ("zeros-2", lambda w, t: w * (1 - t / w.norm(dim=0)).clamp(min=0), "0 divided by 0"),
    ("zeros-3", lambda z, x, t: bool((z - x + t * z / z.norm()).norm() < 1e-9), "many slopes"),
    ("zeros-3", lambda z, x, t: True, "x itself is accepted"),
    ("zeros-3", lambda z, x, t: not z.any() or bool((z - x + t * z / z.norm()).norm() < 1e-9), "longer than"),
    ("zeros-4", lambda w, g, rate, c: w - rate * (g + c * w), "squared norm"),
    ("zeros-4", lambda w, g, rate, c: w - rate * (g + c * w.sign()), "absolute values"),
    ("zeros-5", 0.0, "never met"),
    ("zeros-5", 0.02, "even number"),
    ("zeros-6", lambda w, g, rate, c: group(w - rate * g, c), "of this rate"),
    ("zeros-6", lambda w, g, rate, c: group(w, rate * c) - rate * g, "after the step"),
    ("zeros-6", lambda w, g, rate, c: group(w + rate * g, rate * c), "up the loss"),
    ("zeros-7", lambda x, y: (y.T @ x).norm(dim=0).max(), "mean over the samples"),
    ("zeros-7", lambda x, y: (y.T @ x / len(x)).abs().max(), "length of its column"),
    ("zeros-7", lambda x, y: (y.T @ x / len(x)).norm(dim=1).max(), "not the targets"),
]


def products(batch, sizes):
    return [2 * batch * a * b for a, b in itertools.pairwise(sizes)]


def full(batch, sizes):
    return 3 * sum(products(batch, sizes)) - products(batch, sizes)[0]


def stilled(batch, sizes, frozen, *, each):
    return full(batch, sizes) - each * sum(x for x, still in zip(products(batch, sizes), frozen, strict=True) if still)


def averaged(batch, sizes, chances, *, skip, weighted=True):
    """The mean cost over patterns, with mistakes to choose from."""
    total = 0.0
    for frozen in itertools.product([False, True], repeat=len(chances)):
        if skip and all(frozen):
            continue
        chance = math.prod(v if still else 1 - v for still, v in zip(frozen, chances, strict=True))
        cost = sum(products(batch, sizes)) if all(frozen) else labs.freezing.counted(batch, sizes, frozen)
        total += cost * (chance if weighted else 1 / (2 ** len(chances) - 1))
    return total


def clocked(step, repeats, *, warm=True, reduce=min):
    if warm:
        step()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return reduce(times)


FREEZING = [
    ("freezing-1", lambda batch, a, b: batch * a * b, "an addition is an operation too"),
    ("freezing-1", lambda batch, a, b: 2 * a * b, "too small"),
    ("freezing-2", lambda batch, sizes: 3 * sum(products(batch, sizes)), "one gradient of the first layer"),
    ("freezing-2", lambda batch, sizes: 2 * sum(products(batch, sizes)), "makes two gradients"),
    ("freezing-3", lambda b, s, frozen: stilled(b, s, frozen, each=1), "only while some layer below it trains"),
    ("freezing-3", lambda b, s, frozen: stilled(b, s, frozen, each=2), "frozen = [True"),
    ("freezing-4", 1, "the forward pass is needed"),
    ("freezing-4", 1 / 3, "how much is saved"),
    ("freezing-5", lambda b, s, v: averaged(b, s, v, skip=True), "do not sum to 1"),
    ("freezing-5", lambda b, s, v: averaged(b, s, v, skip=False), "it must not be counted"),
    ("freezing-5", lambda b, s, v: averaged(b, s, v, skip=True, weighted=False), "a chance of its own"),
    ("freezing-6", lambda step, n: clocked(step, n, warm=False), "5 times for 5 repeats"),
    ("freezing-6", lambda step, n: clocked(step, n, reduce=lambda x: sum(x) / len(x)), "take the shortest"),
    ("freezing-6", lambda step, n: clocked(step, n, warm=False, reduce=lambda x: sum(x) / len(x)), "warms up"),
    ("freezing-6", lambda step, n: clocked(step, n, reduce=sum), "the sum of all steps"),
    ("freezing-6", lambda step, n: [step() for _ in range(n + 1)] and 0.0, "read before and after"),
    ("freezing-6", lambda step, n: 1.0, "never called"),
]


def half(distance, individuals):
    numbers = individuals.float()
    return (numbers @ distance.float() * (1 - numbers)).sum(1) / numbers.sum(1) ** 2


def every_pair(distance, individuals):
    numbers = individuals.double()
    return numbers @ distance @ (1 - numbers).T / numbers.sum(1) ** 2


def flip_first(individual, keep, generator):
    child = individual.clone()
    surplus = int(child.sum()) - keep
    able = (child if surplus > 0 else ~child).nonzero().flatten()[: abs(surplus)]
    child[able] = surplus < 0
    return child


def fresh(individual, keep, generator):
    return torch.rand(len(individual), generator=generator).argsort() < keep


def contest(fitness, size, generator, *, replace=True, reduce=torch.argmax):
    number = len(fitness)
    if replace:
        drawn = torch.randint(number, (number, size), generator=generator)
    else:
        drawn = torch.rand(number, number, generator=generator).argsort(1)[:, :size]
    return drawn.gather(1, reduce(fitness[drawn], dim=1, keepdim=True))[:, 0]


def coins(distance, keep, tries, generator):
    individuals = torch.rand(tries, len(distance), generator=generator) < keep / len(distance)
    return float(half(distance, individuals).nan_to_num(0).max())


GENETIC = [
    ("genetic-1", lambda d, s: d[s][:, ~s].sum(), "not divided by k squared"),
    ("genetic-1", lambda d, s: d[s][:, ~s].sum() / s.sum(), "by k, not by k squared"),
    ("genetic-1", lambda d, s: d[s][:, s].sum() / s.sum() ** 2, "among the selected"),
    ("genetic-1", lambda d, s: 2 * d[s][:, ~s].sum() / s.sum() ** 2, "counted twice"),
    ("genetic-2", every_pair, "its diagonal"),
    ("genetic-2", lambda d, s: torch.stack([half(d, row[None])[0] for row in s]), "a loop left"),
    ("genetic-3", lambda f, size, g: contest(f, size, g, reduce=torch.argmin), "the least fit"),
    ("genetic-3", lambda f, size, g: contest(f, size, g, replace=False), "with replacement"),
    ("genetic-3", lambda f, size, g: torch.full((len(f),), int(f.argmax())), "always wins"),
    ("genetic-3", lambda f, size, g: torch.randint(len(f), (len(f),), generator=g), "does the fitness count"),
    ("genetic-3", lambda f, size, g: f[contest(f, size, g)], "not their fitness"),
    ("genetic-4", lambda a, b, cut: torch.cat([a[:cut], b[cut:]]), "return both"),
    ("genetic-4", lambda a, b, cut: (torch.cat([b[:cut], a[cut:]]), torch.cat([a[:cut], b[cut:]])), "the heads"),
    ("genetic-5", flip_first, "at random"),
    ("genetic-5", fresh, "more is changed"),
    ("genetic-5", lambda child, keep, g: child.clone(), "come back"),
    ("genetic-5", lambda child, keep, g: child.copy_(flip_first(child, keep, g)), "work on a copy"),
    ("genetic-6", 2**40, "any number of features"),
    ("genetic-6", math.perm(40, 10), "no order"),
    ("genetic-7", coins, "exactly k features"),
    ("genetic-7", lambda d, k, n, g: half(d, labs.genetic.population(0, n, len(d), k)).min(), "the worst is returned"),
    ("genetic-7", lambda d, k, n, g: half(d, labs.genetic.population(0, 400, len(d), k)).max(), "an average selection"),
]

ORDER = [str(verdict) for verdict in claims.Verdict]
ROWS = ["baseline", "since_start", "warmup", "dfreeze"]


def student(values, *, quantile=None, ddof=1, root=True):
    tensor = torch.tensor(values, dtype=torch.float64)
    quantile = stats.t.ppf(0.975, len(values) - 1) if quantile is None else quantile
    error = float(tensor.std(correction=ddof)) / (math.sqrt(len(values)) if root else 1)
    return float(tensor.mean()), float(tensor.mean()) - quantile * error, float(tensor.mean()) + quantile * error


def ruled(values, *, fewest=3, cross=True, equal=True):
    if len(values) < fewest or (equal and not any(values)):
        return "not testable here"
    mean, low, high = student(values)
    if mean > 0:
        return "holds" if low > 0 or not cross else "holds in direction"
    return "clearly differs" if high < 0 else "differs"


def simulated(effect, sd, seeds, trials, generator, *, quantity):
    draws = generator.normal(effect, sd, (trials, seeds))
    middle = draws.mean(1)
    reach = stats.t.ppf(0.975, seeds - 1) * draws.std(1, ddof=1) / math.sqrt(seeds)
    return {"both": abs(middle) > reach, "mean": middle > 0, "percent": 100.0 * (middle > reach)}[quantity].mean()


def design(**changed):
    return {"metric": "accuracy", "relation": "greater", "pairs": [("efreeze", row) for row in ROWS]} | changed


VERDICT = [
    ("verdict-1", design(pairs=[("efreeze", "baseline")]), "whom does the best of all have to beat"),
    ("verdict-1", design(pairs=[(row, "efreeze") for row in ROWS]), "the left or the right"),
    ("verdict-1", design(metric="frozen"), "not about 'frozen'"),
    ("verdict-1", design(relation="less"), "claimed to be greater"),
    ("verdict-1", design(pairs=[("efreeze", "dropout")]), "dropout is no row"),
    ("verdict-1", {"metric": "accuracy"}, "pairs, relation is missing"),
    (
        "verdict-2",
        lambda a, b: [x - y for x, y in zip(a.values(), b.values(), strict=True)][:3],
        "runs of different seeds",
    ),
    ("verdict-2", lambda a, b: [a[s] - b.get(s, 0) for s in a], "which seeds do both sides have"),
    ("verdict-2", lambda a, b: [b[s] - a[s] for s in (0, 1, 2)], "left minus right"),
    ("verdict-2", lambda a, b: [a[s] - b[s] for s in a if s in b], "order of the seeds"),
    ("verdict-3", lambda values: student(values, quantile=float(stats.norm.ppf(0.975))), "not the normal one"),
    ("verdict-3", lambda values: student(values, ddof=0), "divide the squares by n - 1"),
    ("verdict-3", lambda values: student(values, root=False), "by the root of n"),
    (
        "verdict-3",
        lambda values: student(values, quantile=float(stats.t.ppf(0.95, len(values) - 1))),
        "2.5 % on either side",
    ),
    ("verdict-4", lambda values: ruled(values, fewest=2), "fewer than three seeds"),
    ("verdict-4", lambda values: ruled(values, cross=False), "crosses zero"),
    ("verdict-4", lambda values: ruled(values, equal=False), "both equal in every seed"),
    ("verdict-4", lambda values: "yes", "is no verdict"),
    ("verdict-5", lambda verdicts: min(verdicts, key=ORDER.index), "the best of the verdicts"),
    ("verdict-5", lambda verdicts: sorted(verdicts)[-1], "the worst is not"),
    ("verdict-6", lambda *given: simulated(*given, quantity="both"), "the wrong side of zero"),
    ("verdict-6", lambda *given: simulated(*given, quantity="mean"), "only if the whole interval"),
    ("verdict-6", lambda *given: simulated(*given, quantity="percent"), "in per cent"),
    ("verdict-7", lambda sd, n, trials, g: g.normal(0, sd, (trials, n)).mean(), "honest"),
    ("verdict-7", lambda sd, n, trials, g: g.normal(0, sd, (trials, n)).max(), "that of each run"),
]

WRONG = ANGLES + CONFLICTS + ZEROS + FREEZING + GENETIC + VERDICT


@pytest.mark.parametrize(("question", "answer", "told"), WRONG, ids=[f"{case[0]}: {case[2]}" for case in WRONG])
def test_a_typical_mistake_is_named(question, answer, told):
    assert told in hint(question, answer)


def test_every_question_has_a_wrong_answer_here_and_a_lab_several():
    asked = [question for question, _, _ in WRONG]
    assert set(asked) == set(labs.QUESTIONS)
    for lab in {question.rpartition("-")[0] for question in asked}:
        assert sum(question.startswith(f"{lab}-") for question in asked) >= 2


@pytest.mark.parametrize("question", labs.QUESTIONS)
@pytest.mark.parametrize("answer", [None, "text", [], object(), lambda *given: None, lambda *given: torch.zeros(0)])
def test_nonsense_is_never_right(question, answer):
    assert hint(question, answer).startswith(f"{question}: ")


def test_equal_gradients_may_have_any_weight():
    for tie in (0.0, 0.3, 1.0):

        def weight(first, second, tie=tie):
            return tie if torch.equal(first, second) else unclamped(first, second).clamp(0, 1)

        labs.check("conflicts-3", weight)


def test_what_the_judges_compare_with_agrees_with_simulation_and_count():
    generator = torch.Generator().manual_seed(0)
    for count in (1, 5, 40):
        maximum = torch.randn(40000, count, generator=generator).amax(1).mean()
        assert labs.verdict.expected_maximum(count) == pytest.approx(float(maximum), abs=0.02)
    assert labs.verdict.exact_power(0.0, 1.0, 7) == pytest.approx(0.025)
    assert labs.freezing.counted(4, (6, 5, 3)) == full(4, (6, 5, 3))
