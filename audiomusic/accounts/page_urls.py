"""The account pages, at the root of the site."""

from django.urls import path

from audiomusic.accounts import account_pages, pages

urlpatterns = [
    path("sign-in", pages.SignIn.as_view(), name="sign-in"),
    path("sign-out", pages.SignOut.as_view(), name="sign-out"),
    path("sign-up", pages.SignUp.as_view(), name="sign-up"),
    path("account", account_pages.account, name="account"),
    path("account/keys", account_pages.keys, name="account-keys"),
    path("account/keys/<int:key_id>/revoke", account_pages.revoke_key, name="account-revoke-key"),
    path("account/password", account_pages.password, name="account-password"),
    path("account/sessions/end", account_pages.end_sessions, name="account-end-sessions"),
]
