"""mtlcore: the kernels, methods and experiments behind *Less Network, More Tasks*."""

__version__ = "0.1.0"
