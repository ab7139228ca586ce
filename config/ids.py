"""UUID version 7, RFC 9562 §5.7: time-ordered ids that a client may choose itself."""

import secrets
import sys
import threading
import time
from datetime import datetime
from hashlib import sha256
from uuid import UUID

if sys.version_info >= (3, 14):
    from uuid import uuid7
else:
    _lock = threading.Lock()
    _last = 0

    def uuid7() -> UUID:
        """Return a new id, later than every one this process made before.

        48 bits of Unix milliseconds, a 12-bit fraction of the millisecond (RFC 9562 §6.2,
        method 3) and 62 random bits.
        """
        global _last
        with _lock:
            ticks = (time.time_ns() << 12) // 1_000_000
            _last = ticks = max(ticks, _last + 1)
        milliseconds, fraction = ticks >> 12, ticks & 0xFFF
        head = milliseconds << 80 | 0x7 << 76 | fraction << 64
        return UUID(int=head | 0b10 << 62 | secrets.randbits(62))


def uuid7_of(moment: datetime, name: str) -> UUID:
    """Return the id, always the same, of what has a name: as one that was made at a moment, and as hard to guess."""
    digest = int.from_bytes(sha256(name.encode()).digest()[:16])
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | (digest >> 64 & 0xFFF) << 64 | 0b10 << 62 | digest & (1 << 62) - 1)


__all__ = ["uuid7", "uuid7_of"]
