"""What makes starts fast: results computed at build time, and snapshots of Python's memory.

ahead.py looks up what the build has computed (scripts/compile_ahead.py writes it). snapshot.py
says whether a snapshot may be taken and repairs one that is restored; taking and storing it is in
shell/worker/runtime/snapshot. docs/fast-boot.md explains both. The steps of a start are in
shell/worker/boot.
"""
