"""Measures the real daemon, durability on, against the floor of each figure in the same run.

Ratios are what counts; absolute numbers only describe a machine. ``python -m bench`` runs every section, ``--quick`` the short
form, ``--only NAME`` one. Floors in C need a C compiler; without one their rows say so. Results go to ``bench/latest.json``.
"""
