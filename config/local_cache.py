"""A cache in this process that counts tries, for the embedded default."""

import time
from threading import Lock

from django.core.cache.backends.locmem import LocMemCache

counting = Lock()


class LocalCache(LocMemCache):
    """Counts exactly, whatever the number of threads."""

    def count(self, key: str, window: int) -> tuple[int, float]:
        """Add one to a counter that ends `window` seconds after its first; returns it and the seconds left."""
        with counting:
            now = time.time()
            count, until = self.get(key) or (0, now + window)
            self.set(key, (count + 1, until), until - now)
        return count + 1, until - now

    def uncount(self, key: str) -> None:
        """Take one off a counter that has not ended."""
        with counting:
            found = self.get(key)
            if found:
                count, until = found
                self.set(key, (count - 1, until), until - time.time())
