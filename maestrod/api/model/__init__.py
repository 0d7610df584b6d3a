"""The building blocks of the contract: the two struct families, method rows, open enums, patterns and ids.

Every entity and every row uses these files. They know no noun, and nothing of the contract except its errors.
"""
