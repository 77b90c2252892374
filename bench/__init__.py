"""Benchmarks: compares the built site with the old way and with native Datasette."""
