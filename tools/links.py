"""Check a built site: every internal link and anchor resolves, and nothing is loaded from another host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADING = (
    "stylesheet",
    "icon",
    "preload",
    "prefetch",
    "preconnect",
    "dns-prefetch",
    "modulepreload",
    "manifest",
)
REMOTE = re.compile(r"^(?:https?:)?//", re.IGNORECASE)
REMOTE_CSS = re.compile(r"""(?:url\(|@import)\s*["']?\s*((?:https?:)?//[^"')\s]+)""", re.IGNORECASE)
REMOTE_SCRIPT = re.compile(r"""["'`](https?://[^"'`\s]+\.m?js\b[^"'`\s]*)["'`]""", re.IGNORECASE)


class _Page(HTMLParser):
    """What one page defines and what it needs: its anchors, its links, what it loads."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag's anchors and addresses."""
        found = {name: value or "" for name, value in attrs}
        self.anchors.update(found[name] for name in ("id", "name") if found.get(name))
        self._inside = tag if tag in ("script", "style") else ""
        if tag in ("a", "area") and "href" in found:
            self.links.append(found["href"])
        elif tag == "link":
            loading = any(word in LOADING for word in found.get("rel", "").lower().split())
            (self.loads if loading else self.links).append(found.get("href", ""))
        elif tag == "object":
            self.loads.append(found.get("data", ""))
        else:
            self.loads += [found[name] for name in ("src", "poster") if name in found]
            self.loads += [part.split()[0] for part in found.get("srcset", "").split(",") if part.strip()]
        self.loads += REMOTE_CSS.findall(found.get("style", ""))

    def handle_endtag(self, tag: str) -> None:
        """Leave a script or a style."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Look for remote addresses in inline scripts and styles."""
        if self._inside == "style":
            self.loads += REMOTE_CSS.findall(data)
        elif self._inside == "script":
            self.loads += REMOTE_SCRIPT.findall(data)


def problems(site: Path) -> list[str]:
    """One sentence for each broken internal link or anchor and for each thing loaded from elsewhere."""
    # the theme leaves templates of its own among the static files; they are no pages
    paths = [path for path in sorted(site.rglob("*.html")) if path.relative_to(site).parts[0] != "_static"]
    pages = {path: _parsed(path) for path in paths}
    found = []
    for path, page in pages.items():
        name = path.relative_to(site).as_posix()
        for address in page.loads:
            if REMOTE.match(address):
                found.append(f"{name} loads {address} from another host")
            else:
                found += _broken(site, path, address, pages, name)
        for address in page.links:
            found += _broken(site, path, address, pages, name)
    for path in sorted(site.rglob("*.css")):
        addresses = REMOTE_CSS.findall(path.read_text(encoding="utf-8"))
        found += [f"{path.relative_to(site)} loads {address} from another host" for address in addresses]
    return list(dict.fromkeys(found))


def _parsed(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _broken(site: Path, path: Path, address: str, pages: dict[Path, _Page], name: str) -> Iterator[str]:
    """A sentence where an address within the site leads nowhere."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not (parts.path or parts.fragment):
        return
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target = target / "index.html"
    if not target.is_file() or not target.is_relative_to(site.resolve()):
        yield f"{name} points to {address}, and there is no such file"
    elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
        yield f"{name} points to {address}, and {target.name} has no such anchor"
