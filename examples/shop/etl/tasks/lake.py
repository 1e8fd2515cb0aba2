"""Where the data lies: a folder here, a bucket in life."""

import os
import tempfile
from pathlib import Path


def folder(hour: str, stage: str) -> Path:
    """The folder of one hour's files at one stage, made if it is missing."""
    root = os.environ.get("SHOP_LAKE") or Path(tempfile.gettempdir(), "shop-lake")
    path = Path(root, hour, stage)
    path.mkdir(parents=True, exist_ok=True)
    return path
