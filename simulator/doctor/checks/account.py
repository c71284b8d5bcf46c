"""Credentials, account, Region."""

from collections.abc import Iterator
from dataclasses import dataclass

from simulator.doctor.facts import Facts, Unseen
from simulator.doctor.findings import Finding, fail, ok, sentence

CREDENTIALS, REGION = "credentials", "Region"
NAME_REGION = "Name the stack's Region: make doctor REGION=us-east-1."


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why AWS does not know who asks: by words of the message, which holds AWS's code or botocore's error."""

    words: tuple[str, ...]
    means: str
    do: str
    check: str = CREDENTIALS


TROUBLES = (
    Trouble(
        ("ExpiredToken", "RequestExpired", "SSOTokenLoad", "TokenRetrieval", "UnauthorizedSSOToken"),
        "The credentials were good once and have expired.",
        "Log in again (aws sso login, or new session credentials), and run this in the same shell.",
    ),
    Trouble(
        ("NoCredentials", "PartialCredentials", "CredentialRetrieval"),
        "Without credentials nothing of the account can be read.",
        "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, for the stack's account.",
    ),
    Trouble(
        ("ProfileNotFound", "ConfigNotFound", "ConfigParse", "InvalidConfig"),
        "The profile that is named cannot be read.",
        "Correct AWS_PROFILE; `aws configure list-profiles` names those there are.",
    ),
    Trouble(
        ("InvalidClientTokenId", "UnrecognizedClient", "SignatureDoesNotMatch", "InvalidAccessKeyId"),
        "AWS does not take these credentials.",
        "Check the access key, its secret and this machine's clock; a session also needs AWS_SESSION_TOKEN.",
    ),
    Trouble(
        ("EndpointConnection", "ConnectTimeout", "ProxyConnection", "ReadTimeout", "ConnectionClosed", "SSLError"),
        "AWS could not be reached from this machine.",
        "Check the network, the proxy (HTTPS_PROXY) and the Region's spelling, or ENDPOINT.",
    ),
    Trouble(("InvalidRegion",), "That is no Region.", NAME_REGION, REGION),
)
UNKNOWN = Trouble(
    (),
    "Who asks could not be found out, so nothing else can be.",
    "Mend what the message says; sts:GetCallerIdentity needs no permission.",
)


def region(facts: Facts) -> Iterator[Finding]:
    if facts.asked.region is None:
        yield fail(
            REGION,
            "No Region is set: neither REGION, AWS_REGION nor a profile names one.",
            "A stack lives in one Region, and nothing can be looked up without it.",
            NAME_REGION,
        )


def credentials(facts: Facts) -> Iterator[Finding]:
    if isinstance(facts.asked.region, Unseen):
        yield _without_identity(facts.asked.region)
    elif facts.asked.region is None:
        return
    elif isinstance(facts.identity, Unseen):
        yield _without_identity(facts.identity)
    elif facts.asked.account not in (None, facts.identity.account):
        yield fail(
            CREDENTIALS,
            f"They are of account {facts.identity.account} ({facts.identity.arn}).",
            f"That is not account {facts.asked.account}, which was asked for.",
            "Set AWS_PROFILE, or the access key, to that account's, or correct ACCOUNT.",
        )
    else:
        seen = f"Account {facts.identity.account}, {facts.region}, as {facts.identity.arn}."
        yield ok(CREDENTIALS, seen, "AWS knows them.")


def _without_identity(unseen: Unseen) -> Finding:
    found = next((one for one in TROUBLES if any(word in unseen.why for word in one.words)), UNKNOWN)
    return fail(found.check, sentence(unseen.why), found.means, found.do)
