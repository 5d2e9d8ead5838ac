"""Gram products, each entry computed once.

The product of a matrix with its own transpose is symmetric: the blocks above the diagonal are computed, by as many
matrix products, and the rest is mirrored. With blocks of 128 rows, 512 rows cost 5/8 of the full product.
"""

from __future__ import annotations

from torch import Tensor

BLOCK = 128  # rows a product: smaller ones save more arithmetic and do it less efficiently


def add_product_(gram: Tensor, rows: Tensor) -> None:
    """Add rows @ rows.T to a Gram matrix, in place, on and above its diagonal only.

    Args:
        gram: (n, n), in the dtype of the rows; below the blocks on the diagonal it is left as it is.
        rows: (n, p); a transposed view serves as well.
    """
    for start in range(0, len(rows), BLOCK):
        stop = start + BLOCK
        gram[start:stop, start:].addmm_(rows[start:stop], rows[start:].T)


def mirror(gram: Tensor) -> Tensor:
    """The symmetric matrix (n, n) of which only the entries on and above the diagonal are given.

    >>> mirror(Tensor([[1, 2], [0, 3]])).tolist()
    [[1.0, 2.0], [2.0, 3.0]]
    """
    return gram.triu() + gram.triu(1).T


def gram_product(rows: Tensor) -> Tensor:
    """The product rows @ rows.T, (n, p) -> (n, n), exactly symmetric."""
    gram = rows.new_zeros(len(rows), len(rows))
    add_product_(gram, rows)
    return mirror(gram)
