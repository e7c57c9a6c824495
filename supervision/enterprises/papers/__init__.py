"""The rows of an enterprise's file: licences, safety ledger, occupational health, rescue facts, drills."""
