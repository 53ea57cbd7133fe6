"""URLs of the account pages, at the root of the site."""

from django.urls import path

from audiomusic.accounts.external import views as external
from audiomusic.accounts.factors import passkey_views as passkeys
from audiomusic.accounts.factors import reauthentication, second_step
from audiomusic.accounts.factors import views as factors
from audiomusic.accounts.players import views as players
from audiomusic.accounts.views import account, auth

urlpatterns = [
    path("sign-in", auth.SignIn.as_view(), name="sign-in"),
    path("sign-in/factor", second_step.second_step, name="sign-in-factor"),
    path("sign-in/factor/options", passkeys.second_step_options, name="sign-in-factor-options"),
    path("sign-in/passkey", passkeys.SignInByPasskey.as_view(), name="sign-in-passkey"),
    path("sign-in/passkey/options", passkeys.sign_in_options, name="sign-in-passkey-options"),
    path("sign-in/oidc", external.oidc_begin, name="sign-in-oidc"),
    path("sign-in/oidc/callback", external.oidc_callback, name="sign-in-oidc-callback"),
    path("sign-out", auth.SignOut.as_view(), name="sign-out"),
    path("sign-up", auth.SignUp.as_view(), name="sign-up"),
    path("account", account.account, name="account"),
    path("account/keys", account.keys, name="account-keys"),
    path("account/keys/<int:key_id>/revoke", account.revoke_key, name="account-revoke-key"),
    path("account/players", players.make, name="account-players"),
    path("account/players/<row_id:player_id>/revoke", players.revoke, name="account-revoke-player"),
    path("account/password", account.password, name="account-password"),
    path("account/sessions/end", account.end_sessions, name="account-end-sessions"),
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
