"""Programs that generate pages and files from the code: ``make docs``."""
