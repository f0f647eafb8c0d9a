"""Compares texts: the few operators of the corpus, and messages that need not be
the peer's own words."""

import re

# A message means the same when so much of the peer's vocabulary is in it.
LIKENESS = 0.2
NOISE = {"the", "should", "could", "with", "that", "this", "from", "for", "and", "not", "can",
         "value", "file", "using", "before", "scope", "workaround", "define", "new", "stage"}


def _search(pattern, text):
    """As the source's grep -E has it, where a ")" without its "(" is one."""
    try:
        return re.search(pattern, text)
    except re.error:
        return re.search(re.sub(r"(?<!\\)\)", r"\)", pattern), text)


def mistake(operator, expected, found, unordered=False):
    """What is wrong with the text `found`, or None."""
    text = found.strip("\n")
    if unordered and operator == "equals":
        text, expected = "\n".join(sorted(text.split("\n"))), "\n".join(sorted(expected.strip("\n").split("\n")))
    good = {
        "equal": lambda: text == expected, "equals": lambda: text == expected.strip("\n"),
        "contains": lambda: expected in found, "regex": lambda: _search(expected, found),
        "regexp": lambda: _search(expected, found),
        "not_regex": lambda: not re.search(expected, found),
        "notequal": lambda: text != expected, "notcontains": lambda: expected not in found,
    }
    if operator not in good:
        return f"unknown operator '{operator}'"
    return None if good[operator]() else f"expected {operator} {expected!r} of {found[-400:]!r}"


def is_like(expected, found):
    """Whether a message says what the peer's says."""
    words = {word for word in re.findall(r"[a-z0-9_]+", expected.lower())
             if len(word) > 2 and word not in NOISE}
    if not words:
        return True
    ours = found.lower()
    return sum(word in ours for word in words) >= LIKENESS * len(words)
