"""Credentials, account, Region."""

from collections.abc import Iterator

from simulator.doctor.facts import Facts, Unseen
from simulator.doctor.findings import Finding, fail, ok, sentence, unchecked

CREDENTIALS, REGION = "credentials", "Region"
EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
INVALID = ("InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId")
NO_NETWORK = ("EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError", "ReadTimeoutError")
LOG_IN = "Log in again (aws sso login, or new session credentials), and run this in the same shell."


def region(facts: Facts) -> Iterator[Finding]:
    if facts.asked.region is None:
        yield fail(
            REGION,
            "No Region is set: neither REGION, AWS_REGION nor a profile names one.",
            "A stack lives in one Region, and nothing can be looked up without it.",
            "Name the stack's Region: make doctor REGION=us-east-1.",
        )


def credentials(facts: Facts) -> Iterator[Finding]:
    if facts.asked.region is None:
        return
    if isinstance(facts.identity, Unseen):
        yield _without_identity(facts.identity)
    elif facts.asked.account not in (None, facts.identity.account):
        yield fail(
            CREDENTIALS,
            f"They are of account {facts.identity.account} ({facts.identity.arn}).",
            f"That is not account {facts.asked.account}, which was asked for.",
            "Set AWS_PROFILE, or the access key, to that account's, or correct ACCOUNT.",
        )
    else:
        seen = f"Account {facts.identity.account}, {facts.asked.region}, as {facts.identity.arn}."
        yield ok(CREDENTIALS, seen, "AWS knows them.")


def _without_identity(unseen: Unseen) -> Finding:
    why = sentence(unseen.why)
    if unseen.code in EXPIRED or "SSOTokenLoad" in why or "TokenRetrieval" in why or "expired" in why:
        return fail(CREDENTIALS, why, "The credentials were good once and have expired.", LOG_IN)
    if "NoCredentials" in why or "PartialCredentials" in why:
        do = "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, for the stack's account."
        return fail(CREDENTIALS, why, "Without credentials nothing of the account can be read.", do)
    if "ProfileNotFound" in why or "ConfigNotFound" in why or "ConfigParse" in why:
        do = "Correct AWS_PROFILE; `aws configure list-profiles` names those there are."
        return fail(CREDENTIALS, why, "The profile that is named cannot be read.", do)
    if unseen.code in INVALID:
        do = "Check the access key, its secret and this machine's clock; a session also needs AWS_SESSION_TOKEN."
        return fail(CREDENTIALS, why, "AWS does not take these credentials.", do)
    if any(kind in why for kind in NO_NETWORK):
        do = "Check the network, the proxy (HTTPS_PROXY) and the Region's spelling, or ENDPOINT."
        return fail(CREDENTIALS, why, "AWS could not be reached from this machine.", do)
    do = "Check what the message says; sts:GetCallerIdentity needs no permission."
    return unchecked(CREDENTIALS, why, do)
