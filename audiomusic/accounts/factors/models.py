"""What an account holds beside its password. Authenticator apps are django-otp's own `TOTPDevice`."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django_otp.models import Device, TimestampMixin
from fido2.webauthn import AttestedCredentialData


class Passkey(TimestampMixin, Device):  # type: ignore[misc]  # django-otp has no types
    """A WebAuthn credential. One of django-otp's devices, so that its look-ups find it among the factors."""

    #: base64url of at most 1,023 bytes
    credential_id: models.CharField[str, str] = models.CharField(max_length=1400, unique=True)
    #: Its id and public key, as the authenticator attested them.
    credential_data: models.BinaryField[bytes, bytes] = models.BinaryField()
    #: Stays 0 for passkeys that are synchronised.
    sign_count: models.PositiveBigIntegerField[int, int] = models.PositiveBigIntegerField(default=0)

    @property
    def attested(self) -> AttestedCredentialData:
        return AttestedCredentialData(bytes(self.credential_data))


class RecoveryCode(models.Model):
    """A code for the day on which the phone is gone. Only its digest is kept: it has 80 random bits, so
    no slow hash is needed."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="recovery_codes",
        db_index=False,  # the constraint begins with it
    )
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once_per_user")]

    def __str__(self) -> str:
        return f"recovery code of {self.user}"
