"""The evidence of every exhibit of the bug museum, and of the healthy program, from twenty seeds.

The curves are kept for the two seeds that the page shows. The healthy program and the one that
updates while going back run a second time with a larger learning rate.
"""

from dataclasses import asdict

import common

from nnbook.teaching import bugs

SHOWN = (0, 1)
LARGER = 0.05
FULL = bugs.EPOCHS * bugs.PER_EPOCH + 1


def thinned(curve):
    """Once an epoch; a run that ended within the first two is kept whole."""
    return curve if len(curve) <= 2 * bugs.PER_EPOCH else curve[:: bugs.PER_EPOCH]


def run(seed):
    found = {}
    for exhibit in (bugs.HEALTHY, *bugs.MUSEUM):
        evidence = bugs.examine(exhibit, seed)
        found[exhibit.name] = asdict(evidence) | {"overflow": len(evidence.cost) < FULL}
        shown = seed in SHOWN
        for name in ("cost", "accuracy"):
            curve = getattr(evidence, name)
            found[exhibit.name][name] = thinned(curve) if shown else curve[-1:]
        found[exhibit.name]["epochs"] = thinned(evidence.epochs) if shown else evidence.epochs[-1:]
    for exhibit in (bugs.HEALTHY, bugs.MUSEUM[3]):
        evidence = bugs.examine(exhibit, seed, eta=LARGER)
        found[f"{exhibit.name}, larger rate"] = {
            "accuracy": evidence.accuracy[-1],
            "overflow": len(evidence.cost) < FULL,
        }
    return found


EXPERIMENTS = {
    "bug_museum": common.Experiment(
        {
            "sizes": bugs.SIZES,
            "examples": bugs.N,
            "batch_size": bugs.BATCH_SIZE,
            "eta": bugs.ETA,
            "lmbda": bugs.LMBDA,
            "epochs": bugs.EPOCHS,
            "larger rate": LARGER,
        },
        run,
        range(20),
    )
}

if __name__ == "__main__":
    common.main(EXPERIMENTS)
