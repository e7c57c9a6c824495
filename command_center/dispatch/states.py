"""The states of an assignment, which of them hold the unit, and the unit's status in each."""

STATES = {
    "proposed": "拟派",
    "notified": "已通知",
    "accepted": "已接受",
    "declined": "已拒绝",
    "no_answer": "无应答",
    "enroute": "途中",
    "staged": "集结待命",
    "on_scene": "已到场",
    "released": "已解除",
    "cancelled": "已取消",
}
START = "proposed"
LIVE = ("proposed", "notified", "accepted", "enroute", "staged", "on_scene")
FINAL = ("declined", "released", "cancelled")

# The unit's status is its own; it follows the assignment by this map, never by the likeness of names.
UNIT_STATUS = {
    "notified": "committed",
    "accepted": "committed",
    "enroute": "responding",
    "staged": "staging",
    "on_scene": "on_scene",
    "declined": "available",
    "no_answer": "available",
    "released": "available",
    "cancelled": "available",
}
