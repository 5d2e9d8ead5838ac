"""Small CIFARs in both published formats, written by hand from their descriptions."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import pickle
import tarfile
from pathlib import Path

import numpy as np

from mtlcore.data.cifarset import Archive, CifarSet, Part

COUNTS = {"train": 12, "test": 8}


def arrays(known: CifarSet, part: Part, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (n, 3072) and labels (n, 1 or 2) that differ everywhere."""
    random = np.random.default_rng(sum(part.binary.encode()) + len(known.limits))
    pixels = random.integers(0, 256, (count, 3072), dtype=np.uint8)
    return pixels, np.stack([random.permutation(count) % limit for limit in known.limits], axis=1).astype(np.uint8)


def binary(pixels: np.ndarray, labels: np.ndarray) -> bytes:
    return b"".join(bytes(label) + bytes(row) for label, row in zip(labels, pixels, strict=True))


def python2(pixels: np.ndarray, labels: np.ndarray) -> bytes:
    """A pickle as Python 2 wrote it: protocol 2, whose strings are bytes of no encoding, and NumPy's old names."""
    names = ["labels"] if labels.shape[1] == 1 else ["coarse_labels", "fine_labels"]

    def text(value: bytes) -> bytes:  # opcode T: a string of up to four thousand million bytes
        return b"T" + len(value).to_bytes(4, "little") + value

    def number(value: int) -> bytes:
        return b"J" + value.to_bytes(4, "little", signed=True)

    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n" + number(0) + b"\x85" + text(b"b") + b"\x87R("
        + number(1) + number(len(pixels)) + number(3072) + b"\x86cnumpy\ndtype\n" + text(b"u1") + number(0) + number(1)
        + b"\x87R(" + number(3) + text(b"|") + b"NNN" + number(-1) + number(-1) + number(0) + b"tb"
        + b"\x89" + text(pixels.tobytes()) + b"tb"
    )  # fmt: skip
    lists = b"".join(
        text(name.encode()) + b"](" + b"".join(map(number, column.tolist())) + b"e"
        for name, column in zip(names, labels.T, strict=True)
    )
    return b"\x80\x02}(" + text(b"data") + array + lists + text(b"batch_label") + text(b"one of many") + b"u."


def python3(pixels: np.ndarray, labels: np.ndarray, protocol: int) -> bytes:
    """The same content as a user of Python 3 may have written it again."""
    names = ["labels"] if labels.shape[1] == 1 else ["coarse_labels", "fine_labels"]
    held = {b"data": pixels, **{name.encode(): column.tolist() for name, column in zip(names, labels.T, strict=True)}}
    return pickle.dumps(held, protocol=protocol)


@dataclasses.dataclass
class Toy:
    """A made-up CIFAR whose checksums are those of its own files, and what they hold."""

    known: CifarSet
    root: Path
    content: dict[str, bytes]  # binary files by name
    pickles: dict[str, bytes]

    @property
    def folder(self) -> Path:
        return self.root / self.known.place / self.known.folders[0]

    def write(self, *, version: str = "binary") -> Path:
        """All files in their published folder."""
        folder = self.root / self.known.place / self.known.folders[version == "python"]
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in (self.pickles if version == "python" else self.content).items():
            (folder / name).write_bytes(content)
        return folder

    def archive(self) -> bytes:
        """The binary version as a .tar.gz, with a file more than is needed."""
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w:gz") as tar:
            for name, content in {"readme.html": b"<p>", **self.content}.items():
                member = tarfile.TarInfo(f"{self.known.archive.inside}/{name}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return stream.getvalue()


def make(real: CifarSet, root: Path, *, head: int) -> Toy:
    """head: as many first records as the published checksum of the beginning covers."""
    content, pickles, files = {}, {}, {}
    for split, parts in real.files.items():
        made = []
        for part in parts:
            pixels, labels = arrays(real, part, COUNTS[split])
            content[part.binary], pickles[part.pickled] = binary(pixels, labels), python2(pixels, labels)
            known = part.head is not None
            made.append(
                Part(
                    part.binary,
                    part.pickled,
                    COUNTS[split],
                    sha256=hashlib.sha256(content[part.binary]).hexdigest(),
                    md5=hashlib.md5(pickles[part.pickled]).hexdigest(),
                    labels=hashlib.sha256(labels[:, -1].tobytes()).hexdigest() if known else None,
                    head=hashlib.sha256(binary(pixels[:head], labels[:head])).hexdigest() if known else None,
                )
            )
        files[split] = tuple(made)
    toy = Toy(dataclasses.replace(real, files=files), root, content, pickles)
    packed = toy.archive()
    archive = Archive(real.archive.name, len(packed), hashlib.sha256(packed).hexdigest(), real.archive.inside)
    toy.known = dataclasses.replace(toy.known, archive=archive)
    return toy
