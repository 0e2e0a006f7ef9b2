"""Who answers in an interview whose turns are marked with "Q:" and "A:" alone."""

from pipeline.extract.entities import Name
from pipeline.extract.pronouns import Passage

_FEWEST = 2  # words of a full name


def interviewed(passage: Passage) -> Name | None:
    """The one person whom the article names in full before the first question; None in any other article."""
    tokens, answers = passage.tokens, passage.language.answers
    starts = [s.start for s in passage.sentences if s.end - s.start > 1]
    if not any(tokens.low[at] in answers and tokens.low[at + 1] in ":.：" for at in starts):
        return None
    sides = passage.language.sides
    begin = next(at for at in starts if tokens.low[at] in sides)
    named = [n for n in passage.named_in(0, begin) if n.entity.kind == "person" and len(n.entity.words) >= _FEWEST]
    return named[0] if len({id(n.entity) for n in named}) == 1 else None
