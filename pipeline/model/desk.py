"""The records of the desk: actors, groups, watches, mutes, marks, users, sessions, tokens, and the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, cast

from pipeline.model.document import MentionKind, QuoteKind
from pipeline.model.statement import Alert, Decision, Report
from pipeline.model.values import Time, content_id

Tempo = Literal["instant", "grouped", "hourly", "daily"]

LEAST_CONFIDENCE: Final = 0.5
"""The least confidence of a quote for an alert, unless the watch has its own. It is the highest value that lets four in
five direct and mixed quotes of named people pass on news that nobody here wrote; of the quotes with the right words,
94 in 100 then have the right name. `python -m tests.bench.extraction --curve` prints
what other values keep, and how right that is.
"""


@dataclass(frozen=True, slots=True)
class Role:
    """An office or title that an actor holds between two dates; None means open-ended."""

    title: str
    start: Time | None = None
    end: Time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A tracked person, organisation or place.

    `id` is by default the slug of the name, like the ids of speakers. `merged` are the ids of speakers who turned out
    to be this actor; their statements on record belong to the actor.
    """

    id: str
    name: str
    kind: MentionKind = "person"
    aliases: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    wikidata: str = ""
    merged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """The people of a file, the ids of each party's members by its name, and sentences about how it was read."""

    actors: tuple[Actor, ...]
    parties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A named set of actors for watches. `members` are ids of actors and of other groups, without cycles."""

    id: str
    name: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A standing order for alerts to statements `by` or `about` actors that meet the query and all other conditions.

    `by` and `about` hold ids of actors and groups. An empty tuple or string is no condition. `created` is in log time:
    nothing first seen before it alerts. `deliver` are targets as `NAME` or `NAME:ADDRESS`, such as "stdout" or
    "webhook:https://example.org/hook".

    Alerts go out at once, or in one message every five minutes ("grouped"), hour, or day. In the hours of `quiet`, such
    as "22:00-07:00", they wait; alerts beyond `daily_cap` (0 is no cap) come together when the day is over. Hours and
    days are local to `zone`, an IANA time zone.

    A statement meets the watch once it has `least_sources` independent sources; the watch alerts to it again at each
    number of sources in `spread`. A `paused` watch alerts to nothing, and does not catch up later.

    With a `spike` or a `silence` it alerts to no statements. It alerts once a day when a speaker of `by` is reported
    `spike` times as often as usual, and once when a speaker has not been reported for `silence` days.
    """

    id: str
    name: str
    created: Time
    by: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    query: str = ""
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    kinds: tuple[QuoteKind, ...] = ()
    least_confidence: float = LEAST_CONFIDENCE
    deliver: tuple[str, ...] = ("stdout",)
    tempo: Tempo = "instant"
    quiet: str = ""
    daily_cap: int = 0
    zone: str = "UTC"
    least_sources: int = 1
    spread: tuple[int, ...] = ()
    paused: bool = False
    spike: float = 0.0
    silence: int = 0


Muted = Literal["actor", "statement"]

Label = Literal["wrong-speaker", "not-new", "not-a-statement", "missed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A mute of an actor or statement: what is first seen before `until` alerts nobody; None is for good.

    Muted alerts are listed all the same. `thing` is the id of the actor or statement, `name` is its name for people.
    """

    kind: Muted
    thing: str
    name: str = ""
    until: Time | None = None

    @property
    def id(self) -> str:
        """The kind and the muted id: there is one mute of each."""
        return f"{self.kind}:{self.thing}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A user's judgement that an alert is wrong or missing; marks are labelled data.

    An alert has another speaker, repeats a known statement, or quotes words that are no statement. A "missed" mark
    is about a `decision` that called a new claim repeated, and has no `alert`. `note` is the real speaker, or the id of
    the statement that an alert repeats, if the user says so. `by` is the user's name, or '' on a desk without users.
    """

    label: Label
    alert: Alert | None = None
    decision: Decision | None = None
    time: Time
    note: str = ""
    by: str = ""

    def __post_init__(self) -> None:
        """Refuse a mark about nothing."""
        if self.alert is None and self.decision is None:
            raise ValueError(f"mark {self.label!r} has neither an alert nor a decision")

    @property
    def id(self) -> str:
        """The label with the alert or decision: there is one mark of each."""
        return f"{self.label}:{self.alert.id if self.alert else self.report.quote.id}"

    @property
    def report(self) -> Report:
        """The marked report: the first one of the alert's statement, or that of the decision."""
        if self.decision:
            return self.decision.report
        return cast(Alert, self.alert).statement.first


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """Notes of the desk about an alert: who took it, a remark, and when it returns; None if it is not put off.

    `by` is the name of the user who wrote the remark.
    """

    alert: str
    owner: str = ""
    note: str = ""
    until: Time | None = None
    by: str = ""

    @property
    def id(self) -> str:
        """The id of the alert: there is one entry for each."""
        return self.alert


UserRole = Literal["reader", "editor", "admin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who may sign in. `id` is the slug of the name, `password` an Argon2 hash.

    `subject` is the issuer and the subject of a user who signs in at an OpenID Connect provider, and has no password:
    then `password` is no hash, but random, so that it differs when the user is removed and added again.

    A reader changes nothing, an editor changes everything of the desk, and an admin changes users and reads the audit
    log too. Times are shown in `zone`, and the interface in the first of `languages` that it has; '' and () are the
    desk's and the browser's.
    """

    id: str
    name: str
    role: UserRole
    password: str = field(repr=False)
    zone: str = ""
    languages: tuple[str, ...] = ()
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that has signed in, until it signs out or the time has come.

    `id` is an HMAC of what the browser's cookie holds, under the token: it opens nothing, and no session outlives a
    change of the token. `user` is the id of the user, or '' for the token. `credentials` is a digest of the user's role
    and password at sign-in, so that no session outlives a change of either.

    Its user recognises it by the time of the sign-in, the browser, such as "Firefox on Linux", and the address.
    """

    id: str
    until: Time
    user: str = ""
    credentials: str = ""
    began: Time | None = None
    browser: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A named token by which programs act for a user, until it is revoked or the time has come.

    `id` is a digest of the token, which is shown once and stored nowhere. The program may do what `role` permits, and
    no more than the role that the user has by then. `credentials` is a digest of the user's password when the token was
    created, so that no token outlives a change of the password.
    """

    id: str
    user: str
    name: str
    role: UserRole
    created: Time
    until: Time
    credentials: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastUse:
    """The last noted use of a token or a session, whose `id` it has. Of many uses in a short time, the first is noted.

    It is a record of its own, so that a use at the time of a revocation cannot bring the token or session back.
    """

    id: str
    at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSubscription:
    """A browser that gets the alerts of a user by Web Push, until its push service ends the subscription.

    `endpoint` is the address at the push service; whoever knows it could send to the browser, if they had our key too.
    `key` and `secret` are the browser's public key and shared secret in base64 (RFC 8291), `id` is a digest of the
    endpoint. The user recognises the browser by its name, such as "Firefox on Linux".
    """

    id: str
    user: str
    endpoint: str = field(repr=False)
    key: str = field(repr=False)
    secret: str = field(repr=False)
    browser: str
    created: Time


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """The secrets of a sign-in at a provider: for the way back, for the ID token, and for the exchange of the code."""

    state: str
    nonce: str
    verifier: str


Action = Literal["added", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class ChangedField:
    """A field of a record before and after a change, as JSON without secrets; '' if there was or is no record."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An entry of the audit log: who added, changed or removed which record of the desk, and when.

    `noun` is the record's type, such as "watch", and `record` its id. Changes of the settings have the noun "settings".
    """

    at: Time
    who: str
    noun: str
    record: str
    action: Action
    fields: tuple[ChangedField, ...] = ()

    @property
    def id(self) -> str:
        """The time and a digest of the change, so that the order by id is the order in time."""
        fields = [part for changed in self.fields for part in (changed.name, changed.before, changed.after)]
        return f"{self.at.isoformat()} {content_id(self.who, self.noun, self.record, self.action, *fields)}"
