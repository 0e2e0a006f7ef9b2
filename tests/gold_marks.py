"""The characters of a gold article inside quotation marks, by rules that are independent of the extractor's."""

CLOSERS = {"“": "”", "«": "»", "»": "«", "„": "“”", "”": "”", '"': '"', "‘": "’", "'": "'’", "「": "」"}
SINGLES = "‘'"


def quoted(text: str) -> list[bool]:
    """For each character whether it is inside quotation marks; a paragraph's end closes what is open in it."""
    inside = [False] * len(text)
    closers = ""
    for i, c in enumerate(text):
        if c == "\n":
            closers = ""
        elif closers:
            closers = "" if c in closers and not _is_apostrophe(text, i) else closers
        elif c in CLOSERS and (c not in SINGLES or _opens(text, i)):
            closers = CLOSERS[c]
        inside[i] = bool(closers)
    return inside


def _opens(text: str, i: int) -> bool:
    before, after = text[:i][-1:], text[i + 1 : i + 2]
    return not before.isalnum() and bool(after) and not after.isspace() and not after.isdigit()


def _is_apostrophe(text: str, i: int) -> bool:
    """Between two letters a single mark is an apostrophe; that of a plural possessive is taken for a closing mark."""
    return text[i] in "'’" and text[:i][-1:].isalnum() and text[i + 1 : i + 2].isalnum()


def kind(text: str, inside: list[bool], fragments: list[tuple[int, int]]) -> str:
    """direct if nine tenths of its letters are inside quotation marks, indirect if none are, else mixed."""
    letters = [inside[i] for start, end in fragments for i in range(start, end) if text[i].isalnum()]
    share = sum(letters) / len(letters) if letters else 0.0
    return "direct" if share >= 0.9 else "mixed" if share else "indirect"
