"""English words that are forms of one word, mean the same, or turn a statement around."""

from typing import Final

from pipeline.statements.english import groups

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
