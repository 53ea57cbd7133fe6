"""API exceptions that neither Django nor DRF has, each with its status, message and code."""

from __future__ import annotations

from rest_framework import status
from rest_framework.exceptions import APIException, AuthenticationFailed


class PayloadTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request body is too large."
    default_code = "payload_too_large"


class PaymentRequired(APIException):
    """402 with the amounts that a client needs to show what is missing. One credit equals one cent."""

    status_code = status.HTTP_402_PAYMENT_REQUIRED
    default_code = "insufficient_credits"

    def __init__(self, *, required: int, available: int) -> None:
        super().__init__(f"This needs {required} credits, but only {available} are left.")
        self.extra = {
            "required_cents": required,
            "available_cents": available,
            "required_credits": required,
            "available_credits": available,
        }


class TooManyWaiting(APIException):
    status_code = status.HTTP_429_TOO_MANY_REQUESTS
    default_code = "too_many_waiting"
    wait = 30  # seconds, as Retry-After


class StorageFull(APIException):
    """The user's own storage quota is used up; deleting songs frees space."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "storage_full"


class DiskFull(APIException):
    """The server's disk is full: the user neither caused it nor can fix it."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "disk_full"
    wait = 120  # seconds, as Retry-After


class StorageUnavailable(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The storage is not available right now. Please try again."
    default_code = "storage_failed"
    wait = 5  # seconds, as Retry-After


class PasswordsBusy(APIException):
    """This process already checks as many passwords as it may at once (accounts.hashers)."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "Too many people are signing in right now. Try again in a moment."
    default_code = "busy"
    wait = 5  # seconds, as Retry-After


class SourceMissing(APIException):
    """The song to work on does not exist for this user."""

    status_code = status.HTTP_404_NOT_FOUND
    default_code = "source_not_found"


class SourceRefused(APIException):
    """The song does not allow the requested operation. `errors` has sentences for each invalid parameter."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "source_refused"

    def __init__(self, detail: str, code: str, errors: dict[str, list[str]]) -> None:
        super().__init__(detail, code)
        self.extra = {"errors": errors} if errors else {}


class SourceTooLarge(APIException):
    """The audio sent is larger or longer than the limit."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "source_too_large"


class UnsupportedAudio(APIException):
    """The file sent is not audio that this server can read."""

    status_code = status.HTTP_415_UNSUPPORTED_MEDIA_TYPE
    default_code = "unsupported_audio"


class UploadQuotaReached(APIException):
    """The user has reached the maximum number or total size of uploads; deleting some frees space."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "upload_quota_reached"


class UploadInUse(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "source_in_use"


class DecodersBusy(APIException):
    """This process already decodes as many files as it may at once."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The server is reading other files right now. Please try again."
    default_code = "busy"
    wait = 5  # seconds, as Retry-After


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "The object is in a state that does not allow this."
    default_code = "conflict"


class IdempotencyKeyReused(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = (
        "This Idempotency-Key was used with a different request. Use a new key for a new request."
    )
    default_code = "idempotency_key_reused"


class IdempotencyInProgress(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "Another request with this Idempotency-Key is in progress. Try again in a moment."
    default_code = "idempotency_in_progress"
    wait = 1  # seconds, as Retry-After


class SecondFactorRequired(AuthenticationFailed):
    """401: the password is correct, but the account has a second factor."""

    default_detail = (
        "Expected the code of an authenticator app, or a recovery code, in `otp`: this account has a second"
        " factor. A program signs in with an API key."
    )
    default_code = "second_factor_required"


class SecondFactorInvalid(AuthenticationFailed):
    default_detail = "Expected a current code or an unused recovery code in `otp`; each works once."
    default_code = "second_factor_invalid"


class ReauthenticationRequired(APIException):
    """403 for a browser whose user has not confirmed their identity recently."""

    status_code = status.HTTP_403_FORBIDDEN
    default_detail = (
        "Expected a recent sign-in of this browser: confirm at /account/confirm. API keys do not need this."
    )
    default_code = "reauthentication_required"
