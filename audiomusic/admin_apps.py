from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """Django's admin, with a site of our own."""

    default_site = "audiomusic.admin.StaffSite"
