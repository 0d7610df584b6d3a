"""What the nouns of the contract are made of: the two struct families, a method's row, open words, patterns and ids.

Every entity and every row stands on these few files; they know no noun, and of the contract only its errors.
"""
