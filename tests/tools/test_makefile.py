"""The commands that the pages and the README name exist and pass on what they are given."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from mtlcore.paths import BOOK, ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def make(tmp_path):
    """Run make with an environment that counts as installed."""
    (tmp_path / "bin").mkdir()
    stamp = tmp_path / ".installed"
    stamp.touch()
    os.utime(stamp, (4e9, 4e9))

    def run(*arguments):
        command = ["make", "--no-print-directory", f"VENV={tmp_path}", *arguments]
        # a make that runs these tests hands its own arguments on
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)

    return run


def test_help_is_the_default_and_lists_every_target(make):
    listed = set(re.findall(r"^make (\w+)", make().stdout, re.MULTILINE))
    assert {"book", "chapter", "notebooks", "test", "check", "bench", "serve", "clean"} <= listed
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert targets == listed


def test_parameters_reach_the_tool(make):
    shown = make("-n", "chapter", "NAME=layerout", "P=profile=smoke seeds=3").stdout
    assert "-m tools.book --only layerout --profile lab -p profile smoke -p seeds 3" in shown
    assert "-m tools.book --profile smoke" in make("-n", "book", "PROFILE=smoke").stdout


@pytest.mark.parametrize("wrong", ["seeds", "variant = paper", "profile=smoke seeds=", "=3"])
def test_parameters_that_are_no_pairs_are_told(make, wrong):
    run = make("-n", "chapter", "NAME=layerout", f"P={wrong}")
    assert run.returncode != 0
    assert 'write P="name=value name=value"' in run.stderr


@pytest.mark.parametrize(("has", "installs"), [(True, False), (False, True)])
def test_an_environment_that_is_given_and_has_what_is_needed_is_taken_as_it_is(make, tmp_path, has, installs):
    (tmp_path / ".installed").unlink()
    python = tmp_path / "bin" / "python"
    python.write_text(f"#!/bin/sh\nexit {0 if has else 1}\n")
    python.chmod(0o755)
    shown = make("-n", "book").stdout
    assert ("pip install" in shown) == installs
    assert "-m tools.book --profile lab" in shown
    assert "pip install" in make("-n", "book", "EXTRAS=teach").stdout


def test_a_chapter_needs_a_name(make):
    run = make("chapter")
    assert run.returncode != 0
    assert "which one? make chapter NAME=layerout" in run.stdout


def test_every_make_command_of_the_pages_exists(make):
    listed = set(re.findall(r"^make (\w+)", make().stdout, re.MULTILINE))
    for path in [*BOOK.rglob("*.md"), ROOT / "README.md"]:
        named = set(re.findall(r"(?:^|`)make (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
        assert named <= listed, f"{path.name} names {named - listed}"
