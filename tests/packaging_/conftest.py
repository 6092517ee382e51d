"""Makes `bootstrap` and `steps` importable; last on the path, for `packaging` itself belongs to PyPI."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "packaging"))
