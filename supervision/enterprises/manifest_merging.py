MERGING_GRANTS = {
    "applicant": ("enterprises.apply_enterprise",),
    "office": (
        "enterprises.apply_enterprise",
        "enterprises.approve_enterprise",
        "enterprises.merge_enterprise",
        "enterprises.view_duplicate",
        "enterprises.view_merge",
    ),
}
