"""The states an incident passes through, in order."""

STATES = {
    "received": "接报",
    "verified": "已核实",
    "graded": "已定级",
    "responding": "响应中",
    "controlled": "已控制",
    "ended": "已终止",
    "reviewed": "已评估",
    "archived": "已归档",
    "dismissed": "误报",
    "transferred": "已移交",
}
START = "received"
OPEN = ("received", "verified", "graded", "responding", "controlled")
MAIN = ("received", "verified", "graded", "responding", "controlled", "ended", "reviewed", "archived")
