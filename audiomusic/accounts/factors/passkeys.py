"""The two WebAuthn ceremonies: registering a passkey and authenticating with it.

Each begins with a challenge that is stored in the session, works once, and only for its purpose. fido2
verifies the response: type, challenge, origin, relying party host, user presence and signature.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils import timezone
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from audiomusic.accounts.factors.models import Passkey
from audiomusic.accounts.factors.signals import factor_added, factor_failed
from audiomusic.accounts.models import User
from audiomusic.http.origins.public import public_origin

#: What a passkey is used for: registration, second step, confirmation, or sign-in without username and
#: password.
Purpose = Literal["add", "second", "confirm", "alone"]
STATE = "passkey_challenge"
CHALLENGE_S = 300
MAX_ANSWER_CHARS = 20_000  # a response has about 1,000; an attestation with certificates a few more


class PasskeyRefused(Exception):
    """The browser's response is not a valid proof."""


def has_passkey(user: User) -> bool:
    return bool(Passkey.objects.filter(user=user).exists())


def registration_begin(request: HttpRequest, *, user: User) -> Mapping[str, Any]:
    """Return the options for creating a passkey, excluding those that the user already has."""
    options, state = _server(request).register_begin(
        PublicKeyCredentialUserEntity(
            id=_handle(user), name=user.get_username(), display_name=user.full_name or user.get_username()
        ),
        credentials=[passkey.attested for passkey in Passkey.objects.filter(user=user)],
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    _keep(request, state, purpose="add", user=user)
    return dict(options)


def registration_finish(request: HttpRequest, *, user: User, name: str, answer: str) -> Passkey:
    """Create the passkey from the browser's response. Raises PasskeyRefused."""
    state = _take(request, purpose="add", user=user)
    try:
        made = _server(request).register_complete(state, _parse(answer)).credential_data
    except Exception as error:  # a hostile response can raise anything in a parser of binary formats
        raise PasskeyRefused from error
    if made is None:
        raise PasskeyRefused
    credential_id = websafe_encode(made.credential_id)
    if Passkey.objects.filter(credential_id=credential_id).exists():
        raise PasskeyRefused
    passkey: Passkey = Passkey.objects.create(
        user=user, name=name, credential_id=credential_id, credential_data=bytes(made)
    )
    factor_added.send(type(user), user=user, request=request, factor=passkey)
    return passkey


def assertion_begin(request: HttpRequest, *, purpose: Purpose, user: User | None) -> Mapping[str, Any]:
    """Return the options for using a passkey: one of the user's, or any passkey if the user is unknown. The
    latter also replaces the password, so the device must verify its user."""
    verification = UserVerificationRequirement.PREFERRED if user else UserVerificationRequirement.REQUIRED
    passkeys = [passkey.attested for passkey in Passkey.objects.filter(user=user)] if user else None
    options, state = _server(request).authenticate_begin(passkeys, user_verification=verification)
    _keep(request, state, purpose=purpose, user=user)
    return dict(options)


def assertion_finish(request: HttpRequest, *, purpose: Purpose, user: User | None, answer: str) -> Passkey:
    """Return the passkey that was used. Raises PasskeyRefused."""
    try:
        return _assertion_verify(request, purpose=purpose, user=user, answer=answer)
    except PasskeyRefused:
        factor_failed.send(User, user=user, request=request, factor=None)
        raise


def _assertion_verify(request: HttpRequest, *, purpose: Purpose, user: User | None, answer: str) -> Passkey:
    state = _take(request, purpose=purpose, user=user)
    try:
        response = AuthenticationResponse.from_dict(_parse(answer))
        passkey: Passkey = Passkey.objects.select_related("user").get(
            credential_id=websafe_encode(response.raw_id), user__is_active=True
        )
        _server(request).authenticate_complete(state, [passkey.attested], response)
    except Exception as error:  # as above
        raise PasskeyRefused from error
    handle = response.response.user_handle
    if (user is not None and passkey.user_id != user.pk) or handle not in (None, _handle(passkey.user)):
        raise PasskeyRefused
    _note_use(passkey, response.response.authenticator_data)
    return passkey


def _note_use(passkey: Passkey, signed: AuthenticatorData) -> None:
    """Raise PasskeyRefused if the device's counter did not increase: the passkey was cloned."""
    unused = Passkey.objects.filter(pk=passkey.pk)
    if passkey.sign_count or signed.counter:
        unused = unused.filter(sign_count__lt=signed.counter)
    if unused.update(sign_count=signed.counter, last_used_at=timezone.now()) == 0:
        raise PasskeyRefused


def _server(request: HttpRequest) -> Fido2Server:
    """Return the server for the host that the browser used. Only this exact origin is accepted: no other
    port, no subdomain."""
    origins = {f"{request.scheme}://{request.get_host()}", public_origin()}
    host = urlsplit(f"//{request.get_host()}").hostname
    entity = PublicKeyCredentialRpEntity(id=host, name="AudioMusic")
    return Fido2Server(entity, verify_origin=lambda origin: origin in origins)


def _handle(user: User) -> bytes:
    """Return the user handle for the device. It reveals nothing about the user."""
    return str(user.pk).encode()


def _keep(request: HttpRequest, state: Any, *, purpose: Purpose, user: User | None) -> None:
    request.session[STATE] = {
        "state": state, "purpose": purpose, "user": user and user.pk, "at": time.time(),
    }  # fmt: skip


def _take(request: HttpRequest, *, purpose: Purpose, user: User | None) -> Any:
    """Return the challenge and remove it, so that it works once. Raises PasskeyRefused if there is none for
    this purpose."""
    kept = request.session.pop(STATE, None)
    if kept is None or (kept["purpose"], kept["user"]) != (purpose, user and user.pk):
        raise PasskeyRefused
    if not 0 <= time.time() - kept["at"] < CHALLENGE_S:
        raise PasskeyRefused
    return kept["state"]


def _parse(answer: str) -> Any:
    if len(answer) > MAX_ANSWER_CHARS:
        raise PasskeyRefused
    return json.loads(answer)
