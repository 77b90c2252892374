"""What keeps a site from being published."""

from __future__ import annotations


class PublishError(Exception):
    """A site cannot be published as asked; the message says why and what to do."""
