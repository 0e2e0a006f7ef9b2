"""A process that sends by Apprise, and is killed if it hangs, grows or is led astray by an address.

It writes "ready", then answers each line of JSON with a line of JSON. A request has an `address`, and for a message
also `title`, `body` and `private` (True allows private addresses). An answer has an `outcome` ("unknown" for an address
that Apprise does not know or that is not allowed, else "known", "accepted", "refused" or "failed"), the service's
`name`, and `why`.
"""

import json
import mimetypes
import os
import site
import sys
import warnings
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from connectors.http.addresses import is_public
from connectors.processes import limit_memory

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from apprise import AppriseAsset, NotifyBase

_MEGABYTES: Final = 600

_CONNECTING: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


# Services that Apprise reaches over the network without any file of ours. Others act on this machine (syslog, desktops,
# USB lights), read keys from files (fcm, vapid) or run programs (deltachat).
_SCHEMES: Final = frozenset(
    """
46elks amqp amqps atalk azure bark barks betterstack bluesky brevo bsky bulksms bulkvs burstsms chanify clickatell
clicksend cliq cm d7sms dapnet dingtalk discord dot eight00com elks emby embys enigma2 enigma2s evolution evolutions
exotel feishu firehydrant flock flowtriq flowtriqs fluxer fluxers form forms freemobile gchat github goalert goalerts
gorush gorushs gotify gotifys groundmail groupme guilded gupshup hassio hassios httpsms humhub humhubs ifttt ilert
incidentio infobip irc ircs jellyfin jellyfins jira join json jsons kakao kakaotalk kaleyra kavenegar klr kodi kodis
kook kudosity kumulos lametric lametrics lark lauther lfg line mailersend mailgun mailto mailtos mastodon mastodons
matrix matrixs misskey misskeys mmost mmosts mobilemessage mobilemsg mqtt mqtts msg91 msgbird ncloud nclouds nctalk
nctalks nexmo nostr notica noticas notifiarr notifico notificos notifyre ntfy ntfys o365 octopush onebot onebots
onesignal opsgenie pagerduty pagertree parsep parseps pbul pinglet pinglets pingram pjet pjets plivo postmark pover
prowl psafer psafers push pushdeer pushdeers pushed pushme pushplus pushward pushy qq reddit resend revolt ringc
rocket rockets ryver schan sendgrid sendpulse serwersms ses session sessions seven sfr signal signalgrid signals
signl4 simplepush sinch slack smsc smseagle smseagles smsmanager smsmgr smstunnel smtp2go sns sogs sparkpost spike
splunk spugpush spush squadcast stackfield strmlabs synology synologys telesign telnyx tgram threema toot toots trigv
trigvs tweet twilio twist twitter viber victorops voipms vonage webex wechat wecom wecombot whapi whatsapp workflow
workflows wpush wxpusher wxteams x xbmc xbmcs xmatters xml xmls youlmk zalo zcliq zohocliq zoom zulip
""".split()  # noqa: SIM905 - legible as text
)

# Parameters that name files of ours, for any service, or that switch off the check of certificates.
_NEVER: Final = frozenset({"attach", "filename", "keyfile", "pgp", "pgppub", "pgpprv", "subfile", "verify", "wkd"})

# Services for which `template` names a template stored there; for other services it is a file.
_KEEP_TEMPLATES: Final = frozenset(
    {"gupshup", "kaleyra", "klr", "notifyre", "onesignal", "sendgrid", "sendpulse", "whatsapp"}
)

_RUNNING: Final = ("os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen", "syslog.syslog")

_READABLE: Final[tuple[str, ...]] = (
    *{str(Path(place).resolve()) for place in (sys.prefix, sys.base_prefix, *site.getsitepackages())},
    "/usr/share/zoneinfo",
    *(str(path) for path in mimetypes.knownfiles),
)


@dataclass
class _Guard:
    """Refuses actions on this machine to which an address may lead a service.

    Connections to addresses that are not public are refused unless `private`; `refused` lists those of this alert.
    Programs, and files other than Python's own, are refused too. The interpreter calls the guard before each such
    action of any library (PEP 578).
    """

    private: bool = False
    refused: list[str] = field(default_factory=list)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _RUNNING:
            raise PermissionError(f"{event} is not allowed here")
        if event == "open" and not _is_readable(arguments[0]):
            raise PermissionError(f"{arguments[0]!r} may not be opened here")
        target = arguments[1] if event in _CONNECTING and not self.private else None
        if isinstance(target, tuple) and not is_public(str(target[0])):
            self.refused.append(str(target[0]))
            raise PermissionError(f"{target[0]} is not a public address")


def _is_readable(place: object) -> bool:
    """Return whether the file belongs to Python itself."""
    if isinstance(place, int) or place == os.devnull:
        return True
    path = os.path.realpath(os.fsdecode(place)) if isinstance(place, str | bytes | os.PathLike) else ""
    return path.startswith(tuple(f"{root.rstrip('/')}/" for root in _READABLE)) or path in _READABLE


def _parameters(address: str) -> dict[str, set[str]]:
    """Return the names of the address's parameters as Apprise reads them: the service's `own`, and `all`."""
    reader: Any = import_module("apprise.utils.parse")  # has no types
    parsed = reader.parse_url(address, verify_host=False) or {}
    names = {str(name).lower() for name in parsed.get("qsd", {})}
    return {"all": names, "own": {name for name in names if not name.startswith(("+", "-", ":"))}}


def _forbidden(address: str) -> str:
    """Return a parameter of the address that is forbidden for any service; '' if there is none."""
    return _first_parameter(_parameters(address)["all"] & _NEVER)


def _unlisted(plugin: "NotifyBase", address: str) -> str:
    """Return the service or parameter of the address that is not on the lists; '' if there is none."""
    own: tuple[Any, ...] = (plugin.protocol, plugin.secure_protocol)  # each a string, several, or nothing
    schemes = {scheme for name in own if name for scheme in ([name] if isinstance(name, str) else name)}
    if not schemes & _SCHEMES:
        return f"service {min(schemes, default='')!r}"
    declared: dict[str, Any] = plugin.template_args or {}
    listed = {name.lower() for name in declared} - _NEVER
    if not schemes & _KEEP_TEMPLATES:
        listed -= {"template"}
    return _first_parameter(_parameters(address)["own"] - listed)


def _first_parameter(names: "AbstractSet[str]") -> str:
    return f"parameter {min(names)!r}" if names else ""


def main() -> None:
    """Answer requests until standard input ends."""
    limit_memory(_MEGABYTES)
    warnings.simplefilter("ignore")  # from modules that Apprise imports
    from apprise import Apprise, AppriseAsset

    asset = AppriseAsset(
        app_id="On the Record",
        async_mode=False,
        service_timeout=0,  # the process has a limit
        storage_mode="memory",
        http_redirects=False,
    )
    Apprise.instantiate("json://localhost", asset=asset)  # loads all services
    guard = _Guard()
    sys.addaudithook(guard)
    answers, sys.stdout = sys.stdout, sys.stderr  # so that no other output is taken for an answer
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(_answer(guard, asset, **json.loads(line))), file=answers, flush=True)


def _answer(
    guard: _Guard, asset: "AppriseAsset", address: str, title: str = "", body: str = "", *, private: bool = False
) -> dict[str, str]:
    from apprise import Apprise

    guard.private, guard.refused = private, []
    fault = _forbidden(address)
    plugin = None if fault else Apprise.instantiate(address, asset=asset)
    fault = _unlisted(plugin, address) if plugin else fault
    if plugin is None or fault:
        return {"outcome": "unknown", "why": fault}
    name = str(plugin.service_name)
    if not body:
        return {"outcome": "known", "name": name}
    plugin.redirects = False  # even if the address asks for them
    result = Apprise(plugin, asset=asset).notify(body, title=title, body_format="text")
    if result:
        return {"outcome": "accepted", "name": name}
    if guard.refused:
        return {"outcome": "refused", "name": name, "why": f"it is at {guard.refused[0]}, which is no public address"}
    reasons = [entry.message for entry in result.logs()]
    return {"outcome": "failed", "name": name, "why": reasons[-1] if reasons else "it does not say why"}


if __name__ == "__main__":
    main()
