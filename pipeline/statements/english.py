"""Weights and meanings of English words when two wordings are compared; other languages weigh words by length alone."""

import re
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def groups(text: str) -> dict[str, str]:
    """Each word of a line to the line's first word."""
    lines = (line.split() for line in text.strip().splitlines())
    return {word: line[0] for line in lines for word in line}


# Words that carry no content: two wordings may differ in them and still be the same statement.
SMALL: Final = _words("""
    a an the this that these those it its itself there here then now so too very just also even still yet already
    i me my mine myself we us our ours ourselves you your yours yourself he him his himself she her hers herself
    they them their theirs themselves one ones who whom whose which what when where why how if whether because
    and or but as than of to in on at by for from with about into onto over upon through during between among
    up out off down against toward towards within while until till since though although per via such own same
    be am is are was were been being have has had having do does did doing done going get gets got getting gotten
    oh well yes yeah ok okay please mr mrs ms dr sir said says say told added like really quite rather any
    s t d ll re ve m today yesterday tomorrow tonight ago earlier later currently gonna let lets
    following previous that's""")

# Content words so common that sharing them says little.
COMMON: Final = _words("""
    go come make take give see know think want need look find use work way day time year month week people man woman
    thing lot good bad new old great big long little many much more most other first last next back make think
    country state government world part place case point fact number group problem question try keep put call ask
    feel become leave show talk happen mean believe every all each both few some only again always ever""")

DETERMINERS: Final = _words("the a an this that these those my our your his her its their all")

# Two of these are told apart ("will" and "may" are another modality), a tense shift is not ("will" said is "would").
MODALS: Final = groups("""
    will would shall 'll
    can could
    may might
    must
    should ought""")

NOT: Final = _words("not no never none nobody nothing neither nor without cannot hardly")

# Words that make what is said less than sure; "may" does so too.
HEDGES: Final = groups("""
    perhaps maybe possibly
    consider considers considered considering""")

# Two words read as one: each with a "not" or a hedge in it, and what they stand for.
PHRASES: Final = re.compile(
    r"(?:refus|declin)(?:e[ds]?|ing) to|(?:vot|rul|decid|argu)(?:e[ds]?|ing) against|thinking (?:about|of)|"
    r"suspect(?:s|ed)? that"
)

# Turns of phrase with a negation in them that negate nothing.
NO_NEGATION: Final = re.compile(r"\b(?:no(?:thing|ne) (?:but|less than|other than)|no doubt|not only)\b", re.IGNORECASE)

CONTRACTED: Final = {
    "won't": ("will", "not"),
    "can't": ("can", "not"),
    "cannot": ("can", "not"),
    "shan't": ("shall", "not"),
    "ain't": ("not",),
    "let's": ("let",),
}

FULL_FORMS: Final = {"'ll": "will", "'re": "are", "'ve": "have", "'m": "am"}

CONTRACTED_TO_D: Final = frozenset(("had", "would"))

ENDINGS: Final = {"'ll": ("will",), "'d": ("would",), "'re": (), "'ve": (), "'m": (), "'s": ()}

NUMBERS: Final = {
    word: float(value)
    for line in """
    zero 0
    two 2
    three 3
    four 4
    five 5
    six 6
    seven 7
    eight 8
    nine 9
    ten 10
    eleven 11
    twelve 12
    thirteen 13
    fourteen 14
    fifteen 15
    sixteen 16
    seventeen 17
    eighteen 18
    nineteen 19
    dozen 12
    twice 2
    twenty 20
    thirty 30
    forty 40
    fifty 50
    sixty 60
    seventy 70
    eighty 80
    ninety 90
    hundred 100
    thousand 1_000
    k 1_000
    million 1_000_000
    m 1_000_000
    mn 1_000_000
    billion 1_000_000_000
    bn 1_000_000_000
    trillion 1_000_000_000_000
    tn 1_000_000_000_000""".strip().splitlines()
    for word, value in [line.split()]
}

SCALES: Final = _words("dozen hundred thousand k million m mn billion bn trillion tn")

UNITS: Final = {
    "%": "percent",
    "per cent": "percent",
    "percent": "percent",
    "pc": "percent",
    "$": "dollar",
    "€": "euro",
    "£": "pound",
}

NUMERALS: Final = (frozenset(NUMBERS) - SCALES - {"zero", "twice"}) | {"a", "half"}
"""Words that stand for the number in a phrase of the tables: "within # days"."""

COUNTS: Final = {"one": 1, "once": 1, "both": 2, "two": 2, "twice": 2, "three": 3, "four": 4, "five": 5, "half": 0.5}
"""Small words that count, each with its number."""

SPEAKER: Final = _words("i we me us my our mine ours myself ourselves i'm i've i'll i'd we're we've we'll we'd")

POSSESSIVES: Final = ("'s", "’s")

QUANTIFIERS: Final = _words("no all every each any most many some few")

RELATIVES: Final = _words("who whose whom")

TITLES: Final = _words("mr mrs ms dr president minist senator governor mayor prim chancellor king queen")  # as keys

# Months that are other words as well, and words after which they are months.
SOMETIMES_MONTHS: Final = _words("May March")

BEFORE_MONTHS: Final = _words(
    "after before between by during early end for from in last late mid next of since this through till until"
)

# Dates that contradict one another; "may" and "march" are months only as above, "sat" and "sun" never are days.
DATES: Final = _words("""
    monday tuesday wednesday thursday friday saturday sunday january february april june july august september
    october november december spring summer autumn winter morning afternoon evening""")


IRREGULAR: Final = groups("""
    go went gone goes
    make made
    take took taken
    give gave given
    see saw seen
    know knew known
    think thought
    tell told
    come came
    become became
    begin began begun
    begin start
    break broke broken
    bring brought
    build built
    buy bought
    catch caught
    choose chose chosen
    deal dealt
    draw drew drawn
    drive drove driven
    eat ate eaten
    fall fell fallen
    feel felt
    fight fought
    find found
    fly flew flown
    forget forgot forgotten
    grow grew grown
    hear heard
    hide hid hidden
    hold held
    keep kept
    lead led
    leave left
    lend lent
    lie lay lain
    lose lost
    mean meant
    meet met
    pay paid
    rise rose risen
    run ran
    sell sold
    send sent
    shake shook shaken
    show showed shown
    sit sat
    speak spoke spoken
    spend spent
    stand stood
    steal stole stolen
    strike struck
    swear swore sworn
    teach taught
    throw threw thrown
    understand understood
    wear wore worn
    win won
    write wrote written
    man men
    woman women
    person people
    child children""")

# Different words for one thing, as outlets swap them when they retell.
SYNONYMS: Final = groups("""
    raise increase hike lift
    cut reduce lower slash decrease
    begin start commence
    finish end halt cease
    buy purchase acquire
    help assist aid
    big large huge enormous massive
    show demonstrate
    choose select pick
    ask request
    answer reply respond response
    try attempt
    allow permit let
    need require
    obtain receive
    use employ utilise utilize
    build construct
    fix repair mend
    talk speak
    keep retain maintain
    close shut
    job employment post
    money cash fund
    law legislation
    firm company business
    worker employee staff
    child kid youngster
    house home
    doctor physician
    car vehicle
    quick fast rapid swift
    important vital crucial essential key
    hard difficult tough
    wrong mistaken incorrect
    sure certain confident
    happy pleased glad delighted
    sad sorrowful
    angry furious
    terrible awful dreadful horrible
    enough sufficient
    immediately instantly
    soon shortly
    also additionally
    almost nearly
    about roughly approximately around
    whole entire complete
    agree accept
    make create produce
    kill slay
    injure wound hurt
    plan intend
    promise pledge vow
    resign quit
    choose elect
    deal agreement accord pact
    negotiate negotiation
    country nation
    city town
    road street
    picture image photo
    teacher educator
    illness disease sickness
    rich wealthy
    poor impoverished
    begin launch
    protect defend safeguard
    destroy demolish ruin wreck
    price cost
    leave depart
    come arrive
    rise climb
    fall drop decline
    enough adequate
    danger risk hazard threat
    proof evidence
    citizen resident
    opportunity chance
    error mistake
    everyone everybody
    immediately straightaway
    often frequently
    finally eventually
    discuss debate
    decide determine
    improve better
    worsen deteriorate
    strange odd weird
    grey gray
    centre center
    dead deceased""")

# Words that turn a statement around when one stands in the other's place.
COMPLEMENTS: Final = ("open", "true")
"""Words of which the opposite holds wherever they do not: what is not open is closed."""

OPPOSITES: Final = (
    ("more", "less"),
    ("more", "fewer"),
    ("up", "down"),
    ("before", "after"),
    ("raise", "cut"),
    ("rise", "fall"),
    ("win", "lose"),
    ("support", "oppose"),
    ("accept", "reject"),
    ("agree", "refuse"),
    ("open", "close"),
    ("begin", "end"),
    ("all", "some"),
    ("always", "sometimes"),
    ("good", "bad"),
    ("better", "worse"),
    ("best", "worst"),
    ("true", "false"),
    ("right", "wrong"),
    ("first", "last"),
    ("first", "second"),
    ("second", "third"),
    ("third", "fourth"),
    ("third", "quarter"),
    ("third", "half"),
    ("double", "triple"),
    ("double", "quadruple"),
    ("double", "halve"),
    ("high", "low"),
    ("higher", "lower"),
    ("strong", "weak"),
    ("strengthen", "weaken"),
    ("safe", "unsafe"),
    ("legal", "illegal"),
    ("possible", "impossible"),
    ("likely", "unlikely"),
    ("guilty", "innocent"),
    ("buy", "sell"),
    ("join", "leave"),
    ("stay", "leave"),
    ("public", "private"),
    ("north", "south"),
    ("east", "west"),
    ("success", "failure"),
    ("succeed", "fail"),
    ("gain", "loss"),
    ("profit", "loss"),
    ("approve", "reject"),
    ("confirm", "deny"),
    ("allow", "ban"),
    ("keep", "drop"),
    ("ally", "enemy"),
    ("friend", "enemy"),
    ("peace", "war"),
    ("increase", "decrease"),
    ("improve", "worsen"),
)
