"""Measures the real daemon, with durability on, against a floor for each figure in the same run.

A floor is the fastest simple program for the same work. Only the ratios count; absolute numbers describe the machine. ``python -m
bench`` runs all sections, ``--quick`` a short form, ``--only NAME`` one section. Floors in C need a C compiler; without one, their rows
say so. Results go to ``bench/latest.json``.
"""
