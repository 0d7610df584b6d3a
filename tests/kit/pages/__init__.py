"""Programs that write pages and files from the code: ``make docs``."""
