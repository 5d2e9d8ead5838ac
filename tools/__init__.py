"""The machinery of the book: pages to notebooks, notebooks executed, a site built from them and checked."""
