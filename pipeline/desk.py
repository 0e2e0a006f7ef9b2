"""Rules for records of the desk, and the audit log of their changes."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pipeline.errors import UsageError
from pipeline.model import (
    Action,
    Actor,
    ApiToken,
    Change,
    ChangedField,
    Feed,
    Group,
    Mute,
    PushSubscription,
    Session,
    Triage,
    User,
    Watch,
    slug,
)
from pipeline.ports import Clock, Desk, DeskRecord, Noun
from pipeline.text import fold, words
from pipeline.text.http import split, web_address
from pipeline.text.targets import shown_watch

_WIKIDATA = re.compile(r"Q[1-9]\d*")


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")  # a tag of BCP 47, without extensions

_MOST_RULES = 200  # of a feed

_MOST_RULE = 500  # characters


_SCHEMES = ("http", "https", "imap", "imaps")


def check_feed(feed: Feed) -> None:
    """UsageError if the feed's address cannot be polled, or if a rule or a tag of it cannot be used."""
    parts = split(feed.url)
    is_folder = parts.scheme == "file" and not parts.netloc and parts.path.startswith("/")
    if not is_folder and (parts.scheme not in _SCHEMES or not parts.hostname):
        raise UsageError(
            f"feed {feed.url!r} should begin with http:// or https:// and a host, or with imaps://, imap:// or file:///"
        )
    if parts.password:
        raise UsageError(
            f"feed of {parts.hostname} should have no password in its address, but a login in fetch.logins"
        )
    from pipeline.settings.sections import RULE  # the build of a wheel reads the command line without pydantic

    if len(feed.links) > _MOST_RULE:
        raise UsageError(f"links {feed.links[:100]!r} should have at most {_MOST_RULE} characters")
    for rule in feed.ignore:
        if not RULE.fullmatch(rule) or len(rule) > _MOST_RULE:
            raise UsageError(f"rule {rule[:100]!r} should be title:, link:, author: or section:, and words")
    if len(feed.ignore) > _MOST_RULES or len(feed.tags) > _MOST_RULES:
        raise UsageError(f"feed {feed.url!r} has more than {_MOST_RULES} rules or tags")
    if feed.language and not _LANGUAGE.fullmatch(feed.language):
        raise UsageError(f"language {feed.language[:100]!r} should be a code such as en or pt-BR")
    for tag in feed.tags:
        if not slug(tag) or set(tag) & set(",/"):
            raise UsageError(f"tag {tag[:100]!r} should have a letter, and neither a comma nor a slash")


def check_listed(feed: Feed) -> None:
    """UsageError unless a list may name the feed: it may come from anybody, so it opens no folder and no mailbox."""
    check_feed(feed)
    if not web_address(feed.url):
        raise UsageError(f"feed {feed.url!r} is a folder or a mailbox; `onrecord feeds add` follows it")


def check_actor(actor: Actor) -> None:
    """UsageError if a name has no letters or the Wikidata id is malformed."""
    for name in (actor.name, *actor.aliases):
        if not slug(name):
            raise UsageError(f"actor {actor.id!r} has a name without a letter: {name!r}")
    if actor.wikidata and not _WIKIDATA.fullmatch(actor.wikidata):
        raise UsageError(f"actor {actor.id!r}: Wikidata id {actor.wikidata!r} should be a Q and a number, such as Q42")


def shared_names(actors: Iterable[Actor], others: Iterable[Actor]) -> list[str]:
    """Return a sentence for each name that one of the actors shares with another actor of the desk."""
    bearers: dict[str, list[Actor]] = {}
    for untracked in others:
        for name in dict.fromkeys(map(slug, (untracked.name, *untracked.aliases))):
            bearers.setdefault(name, []).append(untracked)
    return [
        f"{name!r} is a name of {bearer.name} too; full names, titles and roles tell the two apart"
        for actor in actors
        for key, name in {slug(name): name for name in (actor.name, *actor.aliases)}.items()
        for bearer in bearers.get(key, ())
        if bearer.id != actor.id
    ]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody who is often quoted and not tracked; `like` is a tracked actor whose name the name may be a part of."""

    id: str
    name: str
    count: int
    like: Actor | None


def suggestions(
    counts: Iterable[tuple[str, int]], names: Mapping[str, str], actors: Sequence[Actor]
) -> Iterator[Suggestion]:
    """Yield the speakers who are not tracked, in the order of `counts`; `names` maps ids to names."""
    tracked = {actor_id for actor in actors for actor_id in (actor.id, *actor.merged)}
    for speaker, count in counts:
        if speaker not in tracked:
            name = names.get(speaker) or speaker.replace("-", " ").title()
            yield Suggestion(speaker, name, count, _like(speaker, actors))


def _like(speaker: str, actors: Sequence[Actor]) -> Actor | None:
    """The one tracked actor whose name has all the words of the speaker's, a number such as "(2)" aside."""
    parts = {word for word in words(speaker) if not word.isdigit()}
    alike = [actor for actor in actors if parts and parts < set(words(actor.name))]
    return alike[0] if len(alike) == 1 else None


def check_free(actor: Actor, groups: Iterable[Group]) -> None:
    """UsageError if a group has the actor's id, because a watch could mean either."""
    if any(group.id == actor.id for group in groups):
        raise UsageError(f"actor {actor.id!r} cannot be called what a group is")


def check_unused(thing_id: str, watches: Iterable[Watch], groups: Iterable[Group]) -> None:
    """UsageError if a watch or a group still refers to the actor or group."""
    for watch in watches:
        if thing_id in (*watch.by, *watch.about):
            raise UsageError(f"{thing_id!r} is in the watch {watch.id!r}: change or remove that first")
    for group in groups:
        if thing_id in group.members:
            raise UsageError(f"{thing_id!r} is in the group {group.id!r}: change or remove that first")


def merged(actor: Actor, other: Actor) -> Actor:
    """The actor with the names, roles and speaker ids of another one, who is the same."""
    names: dict[str, str] = {}
    for name in (actor.name, *actor.aliases, other.name, *other.aliases):
        names.setdefault(slug(name), name)
    return replace(
        actor,
        aliases=tuple(names.values())[1:],
        roles=tuple(dict.fromkeys((*actor.roles, *other.roles))),
        wikidata=actor.wikidata or other.wikidata,
        merged=tuple(dict.fromkeys((*actor.merged, other.id, *other.merged))),
    )


def separated(actor: Actor, name: str) -> tuple[Actor, Actor]:
    """The actor without a name, and somebody else who has it. UsageError if it is no other name of the actor."""
    if name not in actor.aliases:
        raise UsageError(f"{name!r} is no other name of {actor.name}")
    remaining = replace(
        actor,
        aliases=tuple(alias for alias in actor.aliases if alias != name),
        merged=tuple(speaker for speaker in actor.merged if speaker != slug(name)),
    )
    return remaining, Actor(id=slug(name), name=name, kind=actor.kind)


def renamed(record: Watch | Group, known: str, new: str) -> Watch | Group:
    """The watch or group with one actor in the place of another."""

    def changed(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(new if record_id == known else record_id for record_id in ids))

    if isinstance(record, Group):
        return replace(record, members=changed(record.members))
    return replace(record, by=changed(record.by), about=changed(record.about))


def members(ids: Iterable[str], groups: Mapping[str, Group]) -> frozenset[str]:
    """The ids of all actors that these ids of actors and groups stand for. Cycles of groups end."""
    actors, pending, expanded = set[str](), list(ids), set[str]()
    while pending:
        actor_or_group = pending.pop()
        if actor_or_group in expanded:
            continue
        expanded.add(actor_or_group)
        group = groups.get(actor_or_group)
        if group is None:
            actors.add(actor_or_group)
        else:
            pending.extend(group.members)
    return frozenset(actors)


def find_id(name: str, actors: Sequence[Actor], groups: Sequence[Group]) -> str:
    """The id of the one actor or group with this id, name or alias; UsageError if there is none, or more than one."""
    if name in {*(actor.id for actor in actors), *(group.id for group in groups)}:
        return name
    folded = slug(name)
    matches = [a.id for a in actors if folded in (a.id, slug(a.name), *map(slug, a.aliases))]
    matches += [group.id for group in groups if folded in (group.id, slug(group.name))]
    if len(matches) > 1:
        raise UsageError(f"actor {name!r} may be any of {', '.join(matches)}; give the id")
    if not matches:
        raise UsageError(f"actor {name!r} is not tracked yet; add the actor with `onrecord actors add`")
    return matches[0]


def check_group(group: Group, actors: Iterable[Actor], groups: Iterable[Group]) -> None:
    """UsageError if the group has no usable name, no members, an unknown member, or itself among its members."""
    people = {actor.id for actor in actors}
    if not slug(group.name):
        raise UsageError(f"group {group.id!r} has a name without a letter: {group.name!r}")
    if group.id in people:
        raise UsageError(f"group {group.id!r} cannot be called what an actor is")
    if not group.members:
        raise UsageError(f"group {group.id!r} has no members")
    groups_by_id = {other.id: other for other in groups} | {group.id: group}
    for member in group.members:
        if member not in people and member not in groups_by_id:
            raise UsageError(f"group {group.id!r} names a member that is neither an actor nor a group: {member!r}")
    circle = _circle(group.id, groups_by_id)
    if circle:
        raise UsageError(f"group {group.id!r} would be in a circle: {' → '.join(circle)}")


def _circle(start: str, groups: Mapping[str, Group]) -> tuple[str, ...]:
    """A path of memberships from a group back to itself, or ()."""
    paths, visited = list[tuple[str, ...]]([(start,)]), set[str]()
    while paths:
        path = paths.pop()
        for member in groups[path[-1]].members:
            if member == start:
                return (*path, start)
            if member in groups and member not in visited:
                visited.add(member)
                paths.append((*path, member))
    return ()


SETTINGS: Final = "settings"  # the noun of changes of the settings

_AUDITED: Final[dict[type, str]] = {
    Feed: "feed",
    Actor: "actor",
    Group: "group",
    Watch: "watch",
    Mute: "mute",
    Triage: "triage",
    User: "user",
    Session: "session",
    ApiToken: "token",
    PushSubscription: "push subscription",
}

_NEW_PASSWORD: Final = ChangedField("password", '"…"', '"…"')  # neither hash is shown

_SHOWN: Final = 12  # characters of the id of a session, token or push subscription, which is a digest

_FEW: Final = 20  # records of a type that are looked up one by one: each look-up asks the brokers of a cluster


@dataclass(frozen=True, slots=True)
class AuditedDesk:
    """A desk that writes each change of a record by a user to the audit log, in one call with the change itself.

    `who` is the user. States of feeds, which the poller writes, marks, which have a time of their own, and the last
    uses of tokens are saved without an entry.
    """

    desk: Desk
    who: str
    clock: Clock

    def save(self, *records: DeskRecord) -> None:
        """See `Desk`."""
        audited = list(_audited(records))
        before = self._stored_records(audited)
        changes = [self._change(record, before.get((type(record), record.id))) for record in audited]
        self.desk.save(*records, *(change for change in changes if change))

    def _stored_records(self, records: Iterable[DeskRecord]) -> dict[tuple[type, str], DeskRecord]:
        """Return the stored records of the same types and ids; many of a type are read at once."""
        ids: dict[type[Any], list[str]] = {}
        for record in records:
            ids.setdefault(type(record), []).append(record.id)
        stored: dict[tuple[type, str], DeskRecord] = {}
        for noun, record_ids in ids.items():
            known = (
                self.desk.all(noun)
                if len(record_ids) > _FEW
                else [self.desk.find(noun, record_id) for record_id in record_ids]
            )
            stored |= {(noun, record.id): record for record in known if record is not None}
        return stored

    def remove(self, noun: type[DeskRecord], record_id: str) -> bool:
        """See `Desk`. The entry is written first, so that no crash leaves a removal without one."""
        known: Any = self.desk.find(noun, record_id) if noun in _AUDITED else None
        if known is not None:
            self.desk.save(self._entry(known, "removed", _fields(known), {}))
        return self.desk.remove(noun, record_id)

    def find(self, noun: type[Noun], record_id: str) -> Noun | None:
        """See `Desk`."""
        return self.desk.find(noun, record_id)

    def all(self, noun: type[Noun]) -> list[Noun]:
        """See `Desk`."""
        return self.desk.all(noun)

    def version(self, noun: type[DeskRecord]) -> int:
        """See `Desk`."""
        return self.desk.version(noun)

    def _change(self, record: DeskRecord, before: DeskRecord | None) -> Change | None:
        if before is None:
            return self._entry(record, "added", {}, _fields(record))
        if before == record:
            return None
        entry = self._entry(record, "changed", _fields(before), _fields(record))
        if isinstance(record, User) and isinstance(before, User) and record.password != before.password:
            return replace(entry, fields=(*entry.fields, _NEW_PASSWORD))
        return entry

    def _entry(self, record: DeskRecord, action: Action, before: dict[str, Any], after: dict[str, Any]) -> Change:
        name = record.id[:_SHOWN] if isinstance(record, Session | ApiToken | PushSubscription) else record.id
        fields = _differences(before, after)
        noun = _AUDITED[type(record)]
        return Change(at=self.clock(), who=self.who, noun=noun, record=name, action=action, fields=fields)


def audited(desk: Desk, who: str, clock: Clock) -> AuditedDesk:
    """The desk as this user changes it."""
    return AuditedDesk(desk.desk if isinstance(desk, AuditedDesk) else desk, who, clock)


def matching(changes: Iterable[Change], *, record: str = "", who: str = "") -> list[Change]:
    """The changes of the record of this id or type, by the user whose name has these words; '' is any."""
    return [
        change for change in changes if record in ("", change.noun, change.record) and fold(who) in fold(change.who)
    ]


def changed_settings(known: Iterable[Change], settings: Mapping[str, Any], name: str) -> tuple[ChangedField, ...]:
    """The settings that differ from those of the audit log so far, for the process of this name."""
    before: dict[str, Any] = {}
    for change in known:
        if (change.noun, change.record) == (SETTINGS, name):
            before |= {field.name: field.after for field in change.fields}
    return _differences({key: json.loads(value) for key, value in before.items() if value}, settings)


def _audited(records: Iterable[Any]) -> list[Any]:
    """The last record of each type and id among those whose changes are audited."""
    return list({(type(record), record.id): record for record in records if type(record) in _AUDITED}.values())


def _fields(record: DeskRecord) -> dict[str, Any]:
    """The fields of a record without secrets."""
    if isinstance(record, Session):
        return {"until": record.until.isoformat(), **({"user": record.user} if record.user else {})}
    from pipeline.codec import plain  # loads pydantic, which --help need not wait for

    fields: dict[str, Any] = plain(shown_watch(record) if isinstance(record, Watch) else record)
    if isinstance(record, User):
        del fields["password"]
    if isinstance(record, PushSubscription):
        del fields["id"], fields["endpoint"], fields["key"], fields["secret"]
    if isinstance(record, ApiToken):
        del fields["id"], fields["credentials"]
    return fields


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[ChangedField, ...]:
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return tuple(ChangedField(name, _json(before, name), _json(after, name)) for name in names)


def _json(fields: Mapping[str, Any], name: str) -> str:
    return json.dumps(fields[name], ensure_ascii=False) if name in fields else ""
