"""Which pairs of a large corpus are kept, their terms, and synthetic pairs with names exchanged."""
