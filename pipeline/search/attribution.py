"""How a statement is attributed in lists, feeds and headlines: who, by which verb, and the words."""

from typing import Final

_VERBS: Final = {"negated": "did not say", "denied": "denied", "asked": "asked", "hypothetical": "would say"}

_LONGEST: Final = 24  # characters of a cue that is shown as it stands

# Cues that name the report rather than make it ("his claim that …", "according to …").
_NO_VERBS: Final = frozenset(
    (
        "according",
        "accusation",
        "accusations",
        "admission",
        "allegation",
        "allegations",
        "announcement",
        "argument",
        "assertion",
        "claim",
        "complaint",
        "contention",
        "declaration",
        "denial",
        "insistence",
        "pledge",
        "prediction",
        "promise",
        "remark",
        "remarks",
        "statement",
        "suggestion",
        "vow",
        "warning",
        "words",
    )
)

# Verbs that need the person addressed ("told reporters"), who is no part of the cue.
_NEED_OBJECT: Final = frozenset(("assured", "informed", "notified", "reminded", "tell", "telling", "tells", "told"))


def verb(cue: str, modality: str) -> str:
    """The verb that says how the words were said: the article's own where it is one, else that of the modality."""
    if modality in ("negated", "hypothetical"):
        return _VERBS[modality]
    head = cue.partition(" ")[0].casefold()
    if head[:1].isalpha() and head not in _NO_VERBS | _NEED_OBJECT and len(cue) <= _LONGEST:
        return cue
    return _VERBS.get(modality, "said")


def words(text: str, kind: str) -> str:
    """The words, those that are the speaker's own in quotation marks."""
    return f"“{text}”" if kind == "direct" else text


def attributed(speaker: str, *, cue: str, modality: str, kind: str, text: str) -> str:
    """One line such as "Ada Lindqvist denied that the harbour would close"."""
    return f"{speaker or 'Nobody named'} {said(cue=cue, modality=modality, kind=kind, text=text)}"


def said(*, cue: str, modality: str, kind: str, text: str) -> str:
    """What comes after the speaker's name: "denied that the harbour would close"."""
    joint = " " if text[:1].islower() and kind != "direct" else ": "
    return f"{verb(cue, modality)}{joint}{words(text, kind)}"
