"""Who may do what: an access token of the user pool, and the groups that it names. Without a rule, nobody."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, cast

import jwt
from attrs import frozen

from service.problems import Problem
from service.settings import Settings

Role = Literal["viewer", "operator"]
"""A viewer reads; an operator also sends files and steers jobs. Both are groups of the user pool."""

ROLES: Final[Mapping[str, frozenset[str]]] = {
    "listJobs": frozenset({"viewer", "operator"}),
    "getJob": frozenset({"viewer", "operator"}),
    "getMapping": frozenset({"viewer", "operator"}),
    "listRecords": frozenset({"viewer", "operator"}),
    "getRecord": frozenset({"viewer", "operator"}),
    "getRejects": frozenset({"operator"}),
    "createUpload": frozenset({"operator"}),
    "retryJob": frozenset({"operator"}),
    "cancelJob": frozenset({"operator"}),
    "approveJob": frozenset({"operator"}),
    "putMapping": frozenset({"operator"}),
}
"""The operations of the document, and the groups that may do each."""

OPEN: Final = frozenset({"health", "ready"})
KEYS_LIFE_S: Final = 3600
KEYS_TIMEOUT_S: Final = 5
LEEWAY_S: Final = 10
"""Clocks may differ by so much."""

KeyOf = Callable[[str], Any]
"""The public key that a token says it was signed with; jwt.PyJWTError when there is none."""


@frozen
class Caller:
    """Who asks, as the user pool has signed it."""

    subject: str
    username: str
    groups: frozenset[str]


class Access:
    """Checks tokens against one user pool and one client of it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys = jwt.PyJWKClient(
            settings.user_pool_keys_url, lifespan=KEYS_LIFE_S, timeout=KEYS_TIMEOUT_S
        )

    def caller(self, header: str | None) -> Caller:
        """Who sends this Authorization header. Problem 401 when that cannot be told for certain.

        https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
        """
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Problem(401, "no-token", "Send an access token: Authorization: Bearer …")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._keys.get_signing_key_from_jwt(token).key,
                algorithms=["RS256"],
                issuer=self._settings.user_pool_issuer,
                leeway=LEEWAY_S,
                # an access token of Cognito has no audience: its client is in a claim of its own
                options={"require": ["exp", "iss", "sub", "token_use", "client_id"], "verify_aud": False},
            )
        except jwt.PyJWKClientConnectionError as error:
            raise Problem(503, "unavailable", "The user pool did not answer; try again.") from error
        except jwt.PyJWTError as error:
            raise Problem(401, "bad-token", "The access token is not valid; sign in again.") from error
        is_access = claims["token_use"] == "access"  # noqa: S105 - a kind, no password
        if not is_access or claims["client_id"] != self._settings.user_pool_client_id:
            raise Problem(401, "bad-token", "This is no access token for this service.")
        groups = claims.get("cognito:groups")
        named = cast("list[object]", groups) if isinstance(groups, list) else []
        return Caller(
            subject=str(claims["sub"]),
            username=str(claims.get("username", claims["sub"])),
            groups=frozenset(map(str, named)),
        )


def permit(caller: Caller, operation: str) -> None:
    """Let a caller do an operation, or raise Problem 403."""
    if not caller.groups & ROLES.get(operation, frozenset()):
        raise Problem(403, "forbidden", "None of your groups may do this; ask whoever keeps the user pool.")
