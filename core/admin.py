"""What an administrator edits: people, organisations, calendars and time limits. All of it is audited by triggers."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from core.models import AuditEntry, DeadlineRule, Holiday, Organisation, User

admin.site.site_header = admin.site.site_title = "安图 系统管理"
admin.site.index_title = "人员、单位、日历与时限"


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ("username", "name", "organisation", "region", "is_active")
    search_fields = ("username", "name")
    list_filter = ("groups", "region__kind", "is_active")
    autocomplete_fields = ("organisation",)
    raw_id_fields = ("site",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("个人", {"fields": ("name", "phone", "position", "organisation")}),
        ("权限", {"fields": ("is_active", "is_staff", "groups", "region", "site")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "name", "password1", "password2", "region", "groups")}),)


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ("name", "kind", "region", "short_name", "phone")
    list_filter = ("kind", "region__kind")
    search_fields = ("name",)


@admin.register(Holiday)
class HolidayAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ("date", "kind", "name", "source")
    list_filter = ("kind",)
    date_hierarchy = "date"


@admin.register(DeadlineRule)
class DeadlineRuleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ("key", "title", "amount", "unit", "basis", "is_unsure", "effective_from", "effective_to")
    list_filter = ("unit", "is_unsure")
    search_fields = ("key", "title", "basis")


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ("at", "actor", "table", "row", "action")
    list_filter = ("action", "table")
    search_fields = ("=row", "actor__username")
    readonly_fields = ("at", "actor", "table", "row", "action", "before", "after")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False
