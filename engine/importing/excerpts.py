"""Cuts off texts that a sentence quotes."""

from __future__ import annotations


def excerpt(text: str, most: int = 200) -> str:
    """Return a text, cut off after `most` characters, with … if there is more."""
    return text if len(text) <= most else f"{text[:most]}…"
