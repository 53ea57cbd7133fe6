"""Second factors stored beside the password. Authenticator apps are django-otp's own `TOTPDevice`."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django_otp.models import Device, TimestampMixin
from fido2.webauthn import AttestedCredentialData


class Passkey(TimestampMixin, Device):  # type: ignore[misc]  # django-otp has no types
    """A WebAuthn credential. As a django-otp device, it is found by django-otp's lookups of factors."""

    #: base64url of at most 1,023 bytes.
    credential_id: models.CharField[str, str] = models.CharField(max_length=1400, unique=True)
    #: Credential id and public key, as attested by the authenticator.
    credential_data: models.BinaryField[bytes, bytes] = models.BinaryField()
    #: Stays 0 for synchronised passkeys.
    sign_count: models.PositiveBigIntegerField[int, int] = models.PositiveBigIntegerField(default=0)

    @property
    def attested(self) -> AttestedCredentialData:
        return AttestedCredentialData(bytes(self.credential_data))


class RecoveryCode(models.Model):
    """A one-time code for a user who has lost their device. Only its digest is stored; with 80 random bits,
    it needs no slow hash."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="recovery_codes",
        db_index=False,  # the constraint's index begins with it
    )
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once_per_user")]

    def __str__(self) -> str:
        return f"recovery code of {self.user}"
