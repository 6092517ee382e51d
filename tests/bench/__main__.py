"""`python -m tests.bench [NAME…] [--json FILE]`: runs the benches and prints a line each; exit 1 when a goal is missed."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

NAMES = (
    "pipeline",
    "pull",
    "providers",
    "start",
    "memory",
    "loop",
    "health-history",
    "probe-load",
    "labels",
    "orders-grid",
    "plan",
    "sheet-in",
    "carriers",
    "chart-pan",
)
BY_HAND = ("soak", "price-push", "stock-push-single")


def main() -> int:
    parser = argparse.ArgumentParser(prog="bootstrap.py bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join((*NAMES, *BY_HAND)))
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(NAMES) - set(BY_HAND)
    if unknown:
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    results: list[dict[str, Any]] = []
    for name in asked.names or NAMES:
        started = time.perf_counter()
        found = importlib.import_module(f"tests.bench.{name.replace('-', '_')}").run(
            lambda text: print(text, file=sys.stderr, flush=True)
        )
        for one in found:
            mark = "holds" if one["holds"] else "MISSED"
            print(
                f"{one['bench']:<14} {one['figure']:<48} {one['value']:>10} {one['unit']:<6} goal {one['goal']:<10} {mark}"
            )
        print(f"{name:<14} took {time.perf_counter() - started:.0f} s", flush=True)
        results += found
    if asked.json:
        asked.json.write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 0 if all(one["holds"] for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())
