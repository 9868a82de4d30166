"""Says how large the bundle is and what its largest parts are; fails where it is larger than allowed.

python packaging/report_size.py dist/lithograph --limit-mb 900
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

_MB = 1_000_000
_SHOWN = 10


def sizes(bundle: Path) -> Counter[str]:
    """Bytes by part: a folder or file at the top of the bundle or of its _internal/. Links weigh nothing."""
    found: Counter[str] = Counter()
    for file in bundle.rglob("*"):
        if file.is_file() and not file.is_symlink():
            parts = file.relative_to(bundle).parts
            found["/".join(parts[:2] if parts[0] == "_internal" else parts[:1])] += file.stat().st_size
    return found


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("bundle", type=Path)
    options.add_argument("--limit-mb", type=float, default=900)
    given = options.parse_args()
    parts = sizes(given.bundle)
    if not parts:
        sys.exit(f"There is no bundle in {given.bundle}; make one with `make bundle`.")
    total = sum(parts.values()) / _MB
    for name, size in parts.most_common(_SHOWN):
        print(f"{size / _MB:8.1f} MB  {name}")
    print(f"{total:8.1f} MB  {given.bundle} in all; at most {given.limit_mb:g} MB are allowed")
    if total >= given.limit_mb:
        print(f"{given.bundle} is too large by {total - given.limit_mb:.1f} MB.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
