"""Pure tensor mathematics, one idea a file; knows nothing of the rest of the package."""
