"""The refusals that neither Django nor DRF has: each a class with its status, words and code."""

from __future__ import annotations

from rest_framework import status
from rest_framework.exceptions import APIException, AuthenticationFailed


class PayloadTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request body is too large."
    default_code = "payload_too_large"


class PaymentRequired(APIException):
    """402 with the figures a client needs to say what is missing. A credit counts as a cent."""

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
    """The caller's own budget of stored bytes: deleting songs makes room."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "storage_full"


class DiskFull(APIException):
    """The server's disk: nothing that the caller did, and nothing they could mend."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "disk_full"
    wait = 120  # seconds, as Retry-After


class StorageUnavailable(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The storage is not available right now. Please try again."
    default_code = "storage_failed"
    wait = 5  # seconds, as Retry-After


class PasswordsBusy(APIException):
    """As many passwords are being checked as this process checks at once (accounts.hashers)."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "Too many people are signing in right now. Try again in a moment."
    default_code = "busy"
    wait = 5  # seconds, as Retry-After


class SourceMissing(APIException):
    """The song to work on is not there for this caller."""

    status_code = status.HTTP_404_NOT_FOUND
    default_code = "source_not_found"


class SourceRefused(APIException):
    """What was asked cannot be done to this song. `errors`: sentences for each parameter at fault."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "source_refused"

    def __init__(self, detail: str, code: str, errors: dict[str, list[str]]) -> None:
        super().__init__(detail, code)
        self.extra = {"errors": errors} if errors else {}


class SourceTooLarge(APIException):
    """Sent audio of more bytes, or longer sound, than is worked on."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "source_too_large"


class UnsupportedAudio(APIException):
    """What was sent is no audio that this server reads."""

    status_code = status.HTTP_415_UNSUPPORTED_MEDIA_TYPE
    default_code = "unsupported_audio"


class UploadQuotaReached(APIException):
    """As many uploads, or bytes of them, as one user may keep: deleting some makes room."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "upload_quota_reached"


class UploadInUse(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "source_in_use"


class DecodersBusy(APIException):
    """As many files are being read as this process reads at once."""

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
    """401: the password is right, and the account has a second factor."""

    default_detail = (
        "Expected the code of an authenticator app, or a recovery code, in `otp`: this account has a second"
        " factor. A program signs in with an API key."
    )
    default_code = "second_factor_required"


class SecondFactorInvalid(AuthenticationFailed):
    default_detail = "Expected a current code or an unused recovery code in `otp`; each works once."
    default_code = "second_factor_invalid"


class ReauthenticationRequired(APIException):
    """403 for a browser whose user has not proven lately to be there."""

    status_code = status.HTTP_403_FORBIDDEN
    default_detail = (
        "Expected a recent sign-in of this browser: confirm at /account/confirm. API keys do not need this."
    )
    default_code = "reauthentication_required"
