"""What is kept about an execution: parameters, device, versions, and where the data came from."""

from __future__ import annotations

from tools import stats
from tools.chapter import Task
from tools.pages import Page

PAGE = """\
---
datasets: [mnist, kmnist]
---
# A page

```{code-cell} ipython3
:tags: [parameters]

source: str = "auto"  # auto | real | twin
device: str = "auto"  # auto | cpu | cuda
seeds: int = 3  # 1..100
```
"""


def test_statistics_say_on_what_a_page_ran(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    assert Page("page", path).datasets == ["mnist", "kmnist"]
    task = Task(
        Page("page", path), {"source": "twin", "device": "cpu"}, "smoke", tmp_path / "page.ipynb", tmp_path / "d"
    )
    stats.write(task, 12.345)
    kept = stats.read(task.target)
    assert kept["parameters"] == {"source": "twin", "device": "cpu", "seeds": 3}
    assert kept["data"] == {"mnist": "twin", "kmnist": "twin"}
    assert kept["seconds"] == 12.3
    assert kept["device"].startswith("cpu, ")
    assert {"python", "torch", "papermill"} <= set(kept["versions"])


def test_a_torn_file_is_no_statistics(tmp_path):
    assert stats.read(tmp_path / "absent.ipynb") == {}
    (tmp_path / "torn.stats.json").write_text('{"seconds": 1')
    assert stats.read(tmp_path / "torn.ipynb") == {}
