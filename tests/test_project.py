"""The project's own files agree with each other, and the package keeps its order of imports."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

import mtlcore

ROOT = Path(__file__).resolve().parent.parent
TARGETS = {"labs", "pdf", "book", "test", "check", "chapter", "notebooks", "bench", "clean", "serve"}
OWN = {"mtlcore", "tools", "tests", "benchmarks"}

# Who may know whom. The modules of the same part know each other; a part that is new takes its place here.
KERNELS = {"kernels"}
METHODS = KERNELS | {"prune", "balance", "nets", "data"}
HELPERS = {"durations", "machine", "paths", "profiles", "results"}
MAY_IMPORT = {
    "kernels": set(),
    "prune": KERNELS,
    "balance": KERNELS,
    "nets": KERNELS,
    "data": KERNELS | {"paths"},
    "train": METHODS | HELPERS,
    "recipes": METHODS | HELPERS | {"train", "sweep"},
    # Helpers stand beside the order: they know where things are and what a result is, and no method.
    "paths": set(),
    "parameters": {"paths"},
    "durations": set(),
    "machine": set(),
    "profiles": {"machine", "paths"},
    "results": {"paths"},
    "sweep": {"paths", "results"},
    "claims": {"paths", "results"},
    # The report comes last: it lays what recipes found beside what papers print, and draws what they ran.
    "report": METHODS | HELPERS | {"claims", "recipes"},
    "labs": METHODS | {"claims"},
    "__init__": set(),
    "__main__": METHODS | HELPERS | {"train", "recipes", "sweep", "claims", "report", "parameters"},
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lines: list[str]) -> dict[str, str]:
    """Versions by name, of lines `name==version`; anything else fails."""
    found = {}
    for line in lines:
        name, equals, version = line.strip().partition("==")
        assert equals, f"{line!r} is no pin"
        assert re.fullmatch(r"[\w.]+", version), f"{line!r} is no exact pin"
        assert canonical(name) not in found, f"{name} is pinned twice"
        found[canonical(name)] = version
    return found


def constraints() -> dict[str, str]:
    return pins([line for line in read("constraints.txt").splitlines() if line and not line.startswith("#")])


def project() -> dict:
    return tomllib.loads(read("pyproject.toml"))


def declared(requirements: list[str]) -> dict[str, str]:
    """Version bounds by name; references to the project's own extras are left out."""
    names = {}
    for requirement in requirements:
        name, bounds = re.fullmatch(r"([\w.-]+)(?:\[.*\])?(.*)", requirement).groups()
        if canonical(name) != "mtlcore":
            names[canonical(name)] = bounds
    return names


def everything_declared() -> dict[str, str]:
    extras = project()["project"]["optional-dependencies"].values()
    return declared(project()["project"]["dependencies"] + [name for extra in extras for name in extra])


# --- pyproject.toml, constraints.txt, environment.yml ---


def test_extras_are_the_five_of_the_design() -> None:
    assert set(project()["project"]["optional-dependencies"]) == {
        "book",
        "test",
        "dev",
        "distributed",
        "teach",
    }


def test_every_declared_package_is_pinned_within_its_bounds() -> None:
    pinned = constraints()
    for name, bounds in everything_declared().items():
        assert name in pinned, f"{name} of pyproject.toml has no pin in constraints.txt"
        assert pinned[name] in SpecifierSet(bounds), f"{name}=={pinned[name]} is outside {bounds}"


def test_environment_has_the_pins_of_constraints() -> None:
    environment = yaml.safe_load(read("environment.yml"))
    nested = [entry for entry in environment["dependencies"] if isinstance(entry, dict)]
    lines = nested[0]["pip"]
    assert lines[-1] == "--editable .", "the project itself comes last, once its dependencies are there"
    assert pins(lines[:-1]) == constraints()


def test_environment_has_a_permitted_python() -> None:
    environment = yaml.safe_load(read("environment.yml"))
    minimum = project()["project"]["requires-python"].removeprefix(">=")
    assert f"python={minimum}" in environment["dependencies"]


# --- versions, citation, README, Makefile ---


def test_one_version() -> None:
    assert yaml.safe_load(read("CITATION.cff"))["version"] == mtlcore.__version__
    assert project()["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "mtlcore.__version__"}


def test_changelog_opens_with_unreleased_and_names_released_versions_once() -> None:
    headings = re.findall(r"^## \[(.+?)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert len(set(headings)) == len(headings)


def test_citation_has_what_its_format_requires() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(citation)
    assert all(set(author) == {"name"} for author in citation["authors"]), "entities, not persons"


def makefile_targets() -> set[str]:
    return set(re.findall(r"^([\w.-]+)\s*:(?!=)", read("Makefile"), re.MULTILINE))


def test_makefile_has_the_documented_targets() -> None:
    assert makefile_targets() >= TARGETS


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_make_commands_of_the_documents_exist(name: str) -> None:
    # only code: a fenced block or `inline`
    code = re.findall(r"^make (\S+)|`make ([\w-]+)", read(name), re.MULTILINE)
    used = {fenced or inline for fenced, inline in code}
    assert used, f"{name} names no make command"
    assert used <= makefile_targets()


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_local_links_of_the_documents_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)", read(name)):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), f"{name} links {target}"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_files_that_the_documents_name_are_there(name: str) -> None:
    """`path/like.this` in backticks, outside of what is built or brought."""
    for path in re.findall(r"`([\w.-]+/[\w./-]*)`", read(name)):
        if not path.startswith(("_build/", "data/raw", ".venv/")):
            assert (ROOT / path).exists(), f"{name} names {path}"


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert "make test" in read(".ci/run")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111, ".ci/run is not executable"
    subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=True)


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda p: p.name)
def test_workflows_call_targets_that_exist(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    runs = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]
    for target in re.findall(r"^make (\S+)", "\n".join(runs), re.MULTILINE):
        assert target in makefile_targets(), f"{path.name} calls make {target}"


# --- imports ---


def imported(path: Path, *, top_level: bool = False) -> Iterator[str]:
    """The full names of the modules that a file imports, wherever in the file, or at its top level alone."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if top_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                submodule = ROOT.joinpath(*module.split("."), alias.name)
                is_module = submodule.is_dir() or submodule.with_suffix(".py").is_file()
                yield f"{module}.{alias.name}" if is_module else module


def part(module: str) -> str:
    """The part of the package that a module belongs to: `mtlcore.data.idx` -> `data`."""
    return (*module.split("."), "__init__")[1]


def breaches(path: Path) -> list[str]:
    """What one file of the package imports against the order."""
    mine = path.relative_to(ROOT / "mtlcore").with_suffix("").parts[0]
    if mine not in MAY_IMPORT:
        return [f"{mine} has no place in the order of imports yet: give it one in MAY_IMPORT"]
    found = []
    for module in imported(path):
        root = module.partition(".")[0]
        if root in OWN - {"mtlcore"}:
            found.append(f"imports {module}: the package knows nothing of {root}")
        elif root == "mtlcore" and part(module) not in MAY_IMPORT[mine] | {mine, "__init__"}:
            found.append(f"imports {module}: {mine} may import {sorted(MAY_IMPORT[mine]) or 'nothing'}")
    return found


MODULES = sorted((ROOT / "mtlcore").rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_order_of_imports(path: Path) -> None:
    assert breaches(path) == []


@pytest.mark.parametrize(
    ("name", "line", "fault"),
    [
        ("kernels/a.py", "from mtlcore import paths", "kernels may import nothing"),
        ("kernels/a.py", "def f():\n    import mtlcore.nets.shallow", "kernels may import nothing"),
        ("nets/a.py", "from ..prune import LayerOut", "nets may import ['kernels']"),
        ("prune/a.py", "from mtlcore.train import train", "prune may import ['kernels']"),
        ("claims.py", "from mtlcore import recipes", "claims may import ['paths', 'results']"),
        ("train.py", "import tools.key", "knows nothing of tools"),
        ("novelty.py", "", "has no place in the order"),
    ],
)
def test_the_guard_sees_a_breach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, line: str, fault: str
) -> None:
    shutil.copytree(ROOT / "mtlcore", tmp_path / "mtlcore", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    path = tmp_path / "mtlcore" / name
    path.write_text(line, encoding="utf-8")
    assert any(fault in breach for breach in breaches(path))


@pytest.mark.parametrize("folder", sorted(OWN))
def test_third_party_imports_are_declared(folder: str) -> None:
    """The package's top level needs no more than its dependencies; all else needs no more than the extras."""
    distributions = packages_distributions()
    runtime = set(declared(project()["project"]["dependencies"]))
    for path in sorted((ROOT / folder).rglob("*.py")):
        for top_level, permitted in ((True, runtime), (False, set(everything_declared()))):
            if top_level and folder != "mtlcore":
                continue
            for module in imported(path, top_level=top_level):
                root = module.partition(".")[0]
                if root in sys.stdlib_module_names or root in OWN or root not in distributions:
                    continue
                names = {canonical(name) for name in distributions[root]}
                assert names & permitted, f"{path.relative_to(ROOT)} imports {root}, which pyproject.toml lacks"


# --- what is in git ---


def files_in_git() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("no git, or no clone")
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True)
    if listed.returncode:
        pytest.skip(f"git ls-files: {listed.stderr.strip()}")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_names_a_machine() -> None:
    """Paths of one machine and hosts of package indexes belong in that machine's configuration."""
    roots = "|".join(["work", "root", "farm", r"home/\w+", "opt/wheels", "opt/pypi"])
    hosts = "|".join([r"pypi\.or" + "g", r"files\.pythonhosted", r"download\.pytorch", r"conda\.anaconda"])
    machine = re.compile(rf"(?:^|[\s\"'`(=:])/(?:{roots})/|(?:{hosts})", re.MULTILINE)
    for path in files_in_git():
        content = path.read_bytes()
        if b"\0" in content or path == Path(__file__).resolve():
            continue
        hit = machine.search(content.decode("utf-8"))
        assert hit is None, f"{path.relative_to(ROOT)} names {hit[0].strip()}"


def test_only_sources_are_in_git() -> None:
    for path in files_in_git():
        name = path.relative_to(ROOT).as_posix()
        assert path.suffix not in {".ipynb", ".npy", ".npz", ".pt", ".pth", ".pkl"}, f"{name} is a product"
        assert not name.startswith(("_build/", "data/raw/", ".venv/")), f"{name} is a product"
        limit = 4_000_000 if name.startswith("data/results/") else 1_000_000
        assert path.stat().st_size < limit, f"{name} is larger than {limit:,} bytes"
