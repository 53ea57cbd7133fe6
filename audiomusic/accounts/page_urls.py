"""The account pages, at the root of the site."""

from django.urls import path

from audiomusic.accounts import account_pages, pages, reauthentication, second_step
from audiomusic.accounts.external import views as external
from audiomusic.accounts.factors import passkey_views as passkeys
from audiomusic.accounts.factors import views as factors

urlpatterns = [
    path("sign-in", pages.SignIn.as_view(), name="sign-in"),
    path("sign-in/factor", second_step.second_step, name="sign-in-factor"),
    path("sign-in/factor/options", passkeys.second_step_options, name="sign-in-factor-options"),
    path("sign-in/passkey", passkeys.SignInByPasskey.as_view(), name="sign-in-passkey"),
    path("sign-in/passkey/options", passkeys.sign_in_options, name="sign-in-passkey-options"),
    path("sign-in/oidc", external.oidc_begin, name="sign-in-oidc"),
    path("sign-in/oidc/callback", external.oidc_callback, name="sign-in-oidc-callback"),
    path("sign-out", pages.SignOut.as_view(), name="sign-out"),
    path("sign-up", pages.SignUp.as_view(), name="sign-up"),
    path("account", account_pages.account, name="account"),
    path("account/keys", account_pages.keys, name="account-keys"),
    path("account/keys/<int:key_id>/revoke", account_pages.revoke_key, name="account-revoke-key"),
    path("account/password", account_pages.password, name="account-password"),
    path("account/sessions/end", account_pages.end_sessions, name="account-end-sessions"),
    path("account/confirm", reauthentication.confirm, name="confirm"),
    path("account/confirm/options", passkeys.confirm_options, name="confirm-options"),
    path("account/factors/passkey", passkeys.add_passkey, name="account-add-passkey"),
    path("account/factors/passkey/options", passkeys.add_options, name="account-passkey-options"),
    path("account/factors/app", factors.add_app, name="account-add-app"),
    path("account/factors/codes", factors.recovery_codes, name="account-recovery-codes"),
    path("account/factors/<str:kind>/<int:factor_id>", factors.factor, name="account-factor"),
    path("account/factors/<str:kind>/<int:factor_id>/rename", factors.rename, name="account-rename-factor"),
    path("account/factors/<str:kind>/<int:factor_id>/remove", factors.remove, name="account-remove-factor"),
]
