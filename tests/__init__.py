"""All tests: a folder for each package of the product, and ``kit`` with what they share."""
