"""The store: one journal, readable files.

Every decision of the engine is one line of the journal (``journal.py``), flushed before anybody hears of it. All else here
is a view of the journal that can be rebuilt from it: a readable file per entity (``entities.py``), timelines that only grow
(``timeline.py``), and one file with the whole world for a fast start (``snapshot.py``). ``store.py`` puts them together;
``recovery.py`` says what a start trusts when something is torn, flipped or missing, and ``fsck.py`` asks the same without
changing anything. All of it writes through the one seam in ``files.py``, so that tests can fail any single step.
"""
