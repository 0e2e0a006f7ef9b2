"""The scores of quotes and speakers against a gold annotation, one definition a function.

Everything is compared over letters and digits, so that marks, spaces and punctuation never matter. A record is
`{id, text, quotes: [{start, end, [fragments], type, speaker_text, speaker_start, speaker_end, [speaker_name], …}]}`.

exact      outer boundaries equal, edges trimmed         iou    matched one to one, intersection over union ≥ 0.5
token      words inside some quotation                   cover  many to many: half of it lies within the other side
e2e        matched by IoU, and the speaker right         named  found, and the right name, for speakers with a name
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.naming import Record, is_pronoun, is_proper, name_right, predicted_name, speaker_right

Figures = dict[str, float]
SUBSETS = ("all", "speech", "quoted", "direct")
KINDS = ("direct", "mixed", "indirect")

_OPENING, _CLOSING = "“«„‟", "”»"
_EDGES = " \t\r\n\u00a0\"“”«»„‟.,;:!?-–—…()[]'‘’`"


@dataclass(frozen=True, slots=True)
class Side:
    """The quotes of one side that count in a subset, with the places of their letters and digits."""

    quotes: Sequence[Record]
    places: Sequence[frozenset[int]]


def inside_marks(text: str) -> bytearray:
    """1 for each character within double marks; a quotation that a line leaves open ends with the line."""
    mask = bytearray(len(text))
    inside = low = False  # `low`: inside a quotation that a low mark opened, which “ closes
    i = 0
    while i < len(text):
        character = text[i]
        double = text[i : i + 2] if text[i : i + 2] in ("''", "``") else ""
        if character == "\n" or character in _CLOSING or (low and character == "“"):
            inside = low = False
        elif character in _OPENING:
            inside, low = True, character == "„"
        elif character == '"' or double == "''":
            inside = not inside
        elif double == "``":
            inside = True
        elif inside:
            mask[i] = 1
        i += 2 if double else 1
    return mask


def fragments(quote: Record) -> list[tuple[int, int]]:
    """The quote's parts, or the whole where it has none."""
    return [(a, b) for a, b in quote.get("fragments") or [(quote["start"], quote["end"])]]


def places(text: str, parts: Iterable[tuple[int, int]]) -> frozenset[int]:
    """The places of letters and digits within the parts."""
    return frozenset(i for a, b in parts for i in range(max(a, 0), min(b, len(text))) if text[i].isalnum())


def kind(letters: frozenset[int], mask: bytearray) -> str:
    """Direct, mixed or indirect, by the share of it that stands within marks."""
    share = sum(mask[i] for i in letters) / len(letters) if letters else 0
    return "direct" if share >= 0.9 else "indirect" if share == 0 else "mixed"


def _counts(quote: Record, subset: str) -> bool:
    if subset == "speech":
        return bool(quote.get("speech", True))
    if subset == "quoted":
        return quote["type"] in ("direct", "mixed")
    return subset == "all" or quote["type"] == "direct"


def _predicted_side(
    text: str, predicted: Sequence[Record], kept: frozenset[int], left: frozenset[int], subset: str
) -> Side:
    """The predictions that count: not those that fall on gold outside the subset, nor those of another kind."""
    mask = inside_marks(text)
    quotes, spots = [], []
    for quote in predicted:
        letters = places(text, fragments(quote))
        if not letters:
            continue
        typed = {**quote, "type": kind(letters, mask)}
        on_kept = 2 * len(letters & kept) >= len(letters)
        if left and 2 * len(letters & left) >= len(letters) and not on_kept:
            continue
        if subset in ("quoted", "direct") and not on_kept and not _counts(typed, subset):
            continue
        quotes.append(typed)
        spots.append(letters)
    return Side(quotes, spots)


def matches(gold: Side, predicted: Side) -> dict[int, int]:
    """Pairs of gold and predicted quotes whose intersection over union is at least 0.5, the best first, one to one."""
    pairs = []
    for i, a in enumerate(gold.places):
        for j, b in enumerate(predicted.places):
            common = len(a & b)
            if common and 2 * common >= len(a) + len(b) - common:
                pairs.append((common / (len(a) + len(b) - common), i, j))
    found: dict[int, int] = {}
    for _, i, j in sorted(pairs, reverse=True):
        if i not in found and j not in found.values():
            found[i] = j
    return found


def sides(gold: Record, predicted: Record, subset: str) -> tuple[Side, Side]:
    """Return what counts of one article's gold and predictions in the subset."""
    text = gold["text"]
    spots = [places(text, fragments(q)) for q in gold["quotes"]]
    chosen = [_counts(q, subset) for q in gold["quotes"]]
    kept = frozenset().union(*(s for s, keep in zip(spots, chosen, strict=True) if keep))
    left = frozenset().union(*(s for s, keep in zip(spots, chosen, strict=True) if not keep))
    pairs = [(q, s) for q, s, keep in zip(gold["quotes"], spots, chosen, strict=True) if keep and s]
    gold_side = Side([q for q, _ in pairs], [s for _, s in pairs])
    return gold_side, _predicted_side(text, predicted["quotes"], kept, left, subset)


def count(gold: Record, predicted: Record, subset: str) -> Counter[str]:
    """Everything that is counted in one article."""
    text = gold["text"]
    ours, theirs = sides(gold, predicted, subset)
    pairs = matches(ours, theirs)
    counts = Counter({"docs": 1, "gold": len(ours.quotes), "pred": len(theirs.quotes), "iou": len(pairs)})
    counts.update(f"gold_{q['type']}" for q in ours.quotes)
    counts.update(f"pred_{q['type']}" for q in theirs.quotes)
    counts["exact"] = (_outlines(text, ours) & _outlines(text, theirs)).total()
    for i, j in pairs.items():
        g, p = ours.quotes[i], theirs.quotes[j]
        right = speaker_right(text, g, p)
        counts.update({"e2e": right, f"e2e_gold_{g['type']}": right, f"e2e_pred_{p['type']}": right})
        counts.update({f"iou_gold_{g['type']}": 1, f"iou_pred_{p['type']}": 1})
        counts.update({"attr_n": bool(g.get("speaker_text")), "attr": right and bool(g.get("speaker_text"))})
    counts.update(_named(ours, theirs, pairs))
    counts.update(_tokens(text, ours, theirs))
    counts.update(_covered(text, ours, theirs))
    return counts


def _outlines(text: str, side: Side) -> Counter[tuple[int, int]]:
    outlines: Counter[tuple[int, int]] = Counter()
    for quote in side.quotes:
        parts = fragments(quote)
        start, end = min(a for a, _ in parts), max(b for _, b in parts)
        while start < end and text[start] in _EDGES:
            start += 1
        while end > start and text[end - 1] in _EDGES:
            end -= 1
        outlines[start, end] += 1
    return outlines


def named_predictions(ours: Side, theirs: Side, pairs: Mapping[int, int]) -> list[tuple[Record, bool]]:
    """The predictions that carry a name and can be judged, with whether it is the right one."""
    back = {j: i for i, j in pairs.items()}
    judged = []
    for j, predicted in enumerate(theirs.quotes):
        name = predicted_name(predicted)
        if not name:
            continue
        gold = ours.quotes[back[j]] if j in back else {}
        phrase = gold.get("speaker_text") or ""
        if j in back and not gold.get("speaker_name") and (is_pronoun(phrase) or is_proper(phrase)):
            continue  # the gold name is unknown, not known to be absent
        judged.append((predicted, bool(gold.get("speaker_name")) and name_right(gold["speaker_name"], name)))
    return judged


def _named(ours: Side, theirs: Side, pairs: Mapping[int, int]) -> Counter[str]:
    judged = named_predictions(ours, theirs, pairs)
    wanted = sum(bool(q.get("speaker_name")) for q in ours.quotes)
    return Counter({"named_gold": wanted, "named_pred": len(judged), "named": sum(right for _, right in judged)})


def _tokens(text: str, ours: Side, theirs: Side) -> Counter[str]:
    gold, predicted = frozenset().union(*ours.places), frozenset().union(*theirs.places)
    starts = [match.start() for match in re.finditer(r"\w+", text)]
    return Counter(
        {
            "token": sum(i in gold and i in predicted for i in starts),
            "token_gold": sum(i in gold for i in starts),
            "token_pred": sum(i in predicted for i in starts),
        }
    )


def _covered(text: str, ours: Side, theirs: Side) -> Counter[str]:
    gold, predicted = frozenset().union(*ours.places), frozenset().union(*theirs.places)
    counts: Counter[str] = Counter()
    for quote, spots in zip(theirs.quotes, theirs.places, strict=True):
        if 2 * len(spots & gold) >= len(spots):
            best = max(range(len(ours.quotes)), key=lambda i: len(ours.places[i] & spots))
            counts.update({"cover_pred": 1, "e2ecover_pred": speaker_right(text, ours.quotes[best], quote)})
    for quote, spots in zip(ours.quotes, ours.places, strict=True):
        good = frozenset().union(
            *(
                spots & found
                for p, found in zip(theirs.quotes, theirs.places, strict=True)
                if spots & found and speaker_right(text, quote, p)
            )
        )
        counts["cover_gold"] += 2 * len(spots & predicted) >= len(spots)
        counts["e2ecover_gold"] += 2 * len(good) >= len(spots)
    return counts


def _prf(name: str, right_p: int, predicted: int, right_g: int, gold: int) -> Figures:
    precision = right_p / predicted if predicted else 0.0
    recall = right_g / gold if gold else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {
        f"{name}_{letter}": round(100 * x, 1)
        for letter, x in zip(("P", "R", "F1"), (precision, recall, f1), strict=True)
    }


def score(gold: Iterable[Record], predicted: Iterable[Record], subset: str = "all") -> Figures:
    """All figures of the predictions, in per cent; articles without a prediction count as without quotes."""
    by_id = {record["id"]: record for record in predicted}
    c: Counter[str] = Counter()
    for record in gold:
        c.update(count(record, by_id.get(record["id"], {"quotes": []}), subset))
    figures: Figures = {"docs": c["docs"], "gold": c["gold"], "pred": c["pred"]}
    for name in ("exact", "iou", "e2e"):
        figures |= _prf(name, c[name], c["pred"], c[name], c["gold"])
    for name in ("cover", "e2ecover"):
        figures |= _prf(name, c[f"{name}_pred"], c["pred"], c[f"{name}_gold"], c["gold"])
    figures |= _prf("token", c["token"], c["token_pred"], c["token"], c["token_gold"])
    figures |= _prf("named", c["named"], c["named_pred"], c["named"], c["named_gold"])
    for k in KINDS:
        for name in ("iou", "e2e"):
            right = (c[f"{name}_pred_{k}"], c[f"pred_{k}"], c[f"{name}_gold_{k}"], c[f"gold_{k}"])
            figures |= _prf(f"{name}_{k}", *right)
    figures["attr_surface"] = round(100 * c["attr"] / max(1, c["attr_n"]), 1)
    return figures
