"""Not offered: Nielsen's third program is written for Theano, which is no longer developed."""

raise ImportError(
    "nnlib_listings has no network3: Nielsen's third program needs Theano, which is no longer developed. "
    "network and network2 are here"
)
