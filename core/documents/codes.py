"""Verification codes: unguessable, short enough to type from paper."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
LENGTH = 10  # 50 bits; with the page's rate limit, guessing one takes longer than the papers are kept
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def new() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def tidied(typed: str) -> str:
    """What somebody typed, as it was printed; "" when it cannot be a code."""
    code = typed[:40].upper().translate(_MISREAD)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else ""


def shown(code: str) -> str:
    return f"{code[:5]}-{code[5:]}"
