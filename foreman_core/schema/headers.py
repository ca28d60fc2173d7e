"""When two headers are the same one."""

import unicodedata


def fold(header: str) -> str:
    """A header without what writers vary: case, spaces, punctuation."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", header).casefold() if letter.isalnum())
