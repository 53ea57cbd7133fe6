"""URLs of keys and tokens, credits, the wallet, and the sign-in pages."""

from django.urls import include, path

from audiomusic.accounts.api import auth, credits, wallet

auth_urls = [  # /api/v1/auth/
    path("api-keys", auth.ApiKeyList.as_view(), name="api-keys"),
    path("api-keys/<int:pk>", auth.ApiKeyDetail.as_view(), name="api-key"),
    path("token", auth.Token.as_view(), name="token"),
    path("refresh", auth.Refresh.as_view(), name="token-refresh"),
    path("security-events", auth.SecurityEvents.as_view(), name="security-events"),
    path("me", auth.Me.as_view(), name="me"),
]
wallet_urls = [  # /api/v1/api-wallet/
    path("balance", wallet.Balance.as_view(), name="wallet-balance"),
    path("pricing", wallet.Pricing.as_view(), name="wallet-pricing"),
    path("estimate", wallet.Estimate.as_view(), name="wallet-estimate"),
    path("check-balance", wallet.CheckBalance.as_view(), name="wallet-check-balance"),
    path("usage", wallet.Usage.as_view(), name="wallet-usage"),
    path("topups", wallet.Topups.as_view(), name="wallet-topups"),
    path("service-types", wallet.ServiceTypes.as_view(), name="wallet-service-types"),
    path("topup/checkout", wallet.NoPayments.as_view(), name="wallet-checkout"),
    path("topup/payment-intent", wallet.NoPayments.as_view(), name="wallet-payment-intent"),
]
urlpatterns = [
    path("api/v1/auth/", include(auth_urls)),
    path("api/v1/credits", credits.Credits.as_view(), name="credits"),
    path("api/v1/credits/usage", credits.CreditUsage.as_view(), name="credit-usage"),
    path("api/v1/credits/multipliers", credits.Multipliers.as_view(), name="credit-multipliers"),
    path("api/v1/api-wallet/", include(wallet_urls)),
    path("", include("audiomusic.accounts.views.urls")),
]
