"""The error for a site that cannot be published."""

from __future__ import annotations


class PublishError(Exception):
    """A site cannot be published as requested; the message says why and what to do."""
