"""The full numbers: a million planned files, 10,000 mutated images, 1,000 runs killed at random times.

python -m tests.batch.nightly [--planned 1000000] [--mutants 10000] [--kills 1000] [--seed 0]
"""

import argparse
import tempfile
import time
from pathlib import Path

from tests.batch.stage import killed_at_random, mutants_survived, taken_by_a_million


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.batch.nightly", description=__doc__.splitlines()[0])
    parser.add_argument("--planned", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--mutants", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=int(time.time()) // 86400, help="(default: the day)")
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)

    def tell(number: int) -> None:
        if number % 100 == 0:
            print(f"{number} kills", flush=True)

    with tempfile.TemporaryDirectory(prefix="edgecalc") as folder:
        if args.planned:
            taken = taken_by_a_million(Path(folder, "planned"), args.planned)
            print(f"memory for a million files: {taken / 1e6:.0f} MB", flush=True)
            assert taken < 5e8
        if args.mutants:
            print("mutants:", mutants_survived(Path(folder, "mutants"), args.mutants, args.seed), flush=True)
        if args.kills:
            print("killed having written:", killed_at_random(Path(folder, "kills"), args.kills, args.seed, tell=tell), flush=True)


if __name__ == "__main__":
    main()
