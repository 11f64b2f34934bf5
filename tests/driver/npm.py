"""Judges that npm fetches: packages that only tests need, pinned by the lock file beside them."""

import shutil
import subprocess
import unittest


def install(source, folder):
    """Copies the judge's files from `source` to `folder` and fetches its packages; skips the test when they cannot be had."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise unittest.SkipTest("no node or npm here: ./dev setup installs them")
    shutil.copytree(source, folder, dirs_exist_ok=True)
    fetch = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", "--fetch-timeout=20000"]
    done = subprocess.run(fetch, cwd=folder, capture_output=True, text=True, timeout=180)
    if done.returncode != 0:
        raise unittest.SkipTest(f"npm cannot fetch the packages of {source.name}: {done.stderr.strip()[-300:]}")
    return folder
