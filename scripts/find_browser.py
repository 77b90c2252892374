"""Finds a Chromium for the tests and benchmarks, and installs one where there is none.

    python scripts/find_browser.py     prints its path

In this order: $CHROMIUM, an installed Chromium or Chrome, the one that Playwright keeps, one that
Playwright downloads, one from the system's package manager.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

COMMANDS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def installed_browser() -> str | None:
    """Return the path of a browser that is there already."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return chosen
    for command in COMMANDS:
        path = shutil.which(command)
        if path:
            return path
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.path.exists(path) else None


def install_browser() -> None:
    """Try each way of installing one; the caller looks whether it helped."""
    apt = ["sudo"] if os.geteuid() != 0 and shutil.which("sudo") else []
    commands = [[sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"]]
    if shutil.which("apt-get"):
        commands.append([*apt, "apt-get", "update", "-qq"])
        commands.append([*apt, "apt-get", "install", "-y", "-qq", "chromium"])
    for command in commands:
        # A failure is expected of one of them: the other way is tried then.
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if done.returncode == 0 and installed_browser():
            return


def find_browser() -> str:
    """Return the path of a Chromium, installing it if need be.

    Raises:
        SystemExit: there is none and none could be installed.
    """
    path = installed_browser()
    if path is None:
        print("No Chromium is installed, so this installs one.", file=sys.stderr)
        install_browser()
        path = installed_browser()
    if path is None:
        sys.exit("error: no Chromium was found. Install one, or set CHROMIUM to its path.")
    return path


if __name__ == "__main__":
    print(find_browser())
