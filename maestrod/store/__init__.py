"""The store: one journal, readable files.

Every decision of the engine is one line of the journal (``journal.py``), flushed before it is acknowledged. Everything else
here is a view of the journal that can be rebuilt from it: a readable file per entity (``entities.py``), append-only timelines
(``timeline.py``), and one file with the whole world for a fast start (``snapshot.py``). ``store.py`` combines them.
``recovery.py`` decides what a start trusts when data is torn, flipped or missing, and ``fsck.py`` checks the same without
changing anything. All writes go through ``files.py``, so that tests can make any single step fail.
"""
