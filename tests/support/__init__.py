"""Helpers for the browser tests and the benchmarks: a site, another host, a browser."""
