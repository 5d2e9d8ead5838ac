"""The public names of the package: what each does, its call, and its whole docstring at a click."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from html import escape
from typing import Any

from mtlcore.report.block import Block

GROUPS = {
    "mtlcore.balance": "one gradient out of several",
    "mtlcore.prune": "smaller networks, and training less of them",
    "mtlcore.kernels": "the mathematics, on tensors",
    "mtlcore.nets.tree": "tree networks",
    "mtlcore.train": "the training loop",
    "mtlcore.data": "real files and twins",
    "mtlcore.sweep": "many runs",
}
INNER = ("evolution", "gram", "minnorm_descent", "minnorm_exact", "tensors")  # what other modules are made of
CODE = re.compile("`([^`]+)`")


def names() -> Block:
    """The public functions and classes of the package: a heading and a list of folds for each group."""
    parts = []
    for module, about in GROUPS.items():
        parts.append(f"<p class='audit-kind'>{escape(module)}: {escape(about)}</p>")
        parts += [_entry(name, thing) for name, thing in public(module)]
    return Block(html=f"<div class='audit reference'>{''.join(parts)}</div>")


def public(module: str) -> Iterator[tuple[str, Any]]:
    """Import path and object of the functions and classes that a module lists, or that its modules define."""
    home = importlib.import_module(module)
    if hasattr(home, "__all__"):
        found = ((name, getattr(home, name)) for name in sorted(home.__all__))
        yield from ((f"{module}.{name}", thing) for name, thing in found if _documented(thing))
        return
    if not hasattr(home, "__path__"):
        yield from _defined(module)
        return
    for inner in pkgutil.iter_modules(home.__path__):
        if inner.name not in INNER:
            yield from _defined(f"{module}.{inner.name}")


def _defined(module: str) -> Iterator[tuple[str, Any]]:
    for name, thing in sorted(vars(importlib.import_module(module)).items()):
        if not name.startswith("_") and getattr(thing, "__module__", "") == module and _documented(thing):
            yield f"{module}.{name}", thing


def _documented(thing: Any) -> bool:
    return (inspect.isfunction(thing) or inspect.isclass(thing)) and bool(inspect.getdoc(thing))


def _entry(name: str, thing: Any) -> str:
    """A fold: the name and the first sentence of the docstring; in it the call and all of the docstring."""
    text = inspect.getdoc(thing) or ""
    summary = CODE.sub(r"<code>\1</code>", escape(" ".join(text.partition("\n\n")[0].split())))
    module, _, short = name.rpartition(".")
    body = "\n".join([f"{short}{_signature(thing)}", "", text, *(_method(key, one) for key, one in _methods(thing))])
    title = f"<code>{module}.<strong>{short}</strong></code> {summary}"
    return f"<details><summary>{title}</summary><pre tabindex='0'>{escape(body)}</pre></details>"


def _methods(thing: Any) -> list[tuple[str, Any]]:
    """The documented public methods of a class, without those of torch and Python."""
    if not inspect.isclass(thing):
        return []
    ours = [home for home in reversed(inspect.getmro(thing)) if home.__module__.startswith("mtlcore.")]
    named = {name: value for home in ours for name, value in vars(home).items() if not name.startswith("_")}
    return [(name, value) for name, value in named.items() if inspect.isfunction(value) and inspect.getdoc(value)]


def _method(name: str, method: Any) -> str:
    lines = (inspect.getdoc(method) or "").splitlines()
    return "\n".join(["", f".{name}{_signature(method)}", *(f"    {line}".rstrip() for line in lines)])


def _signature(thing: Any) -> str:
    try:
        return str(inspect.signature(thing)).replace("'", "")
    except ValueError:  # of a class of C
        return "(...)"
