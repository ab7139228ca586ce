"""A cache that shares its Redis database, and counts tries there."""

from contextlib import suppress
from typing import Any

from django_redis.cache import RedisCache


class SharedRedisCache(RedisCache):
    """Clears its own keys; django-redis would flush the database, and sign everybody out."""

    def clear(self) -> None:
        self.delete_pattern("*", itersize=1000)

    def count(self, key: str, window: int) -> tuple[int, float]:
        """Add one to a counter that ends `window` seconds after its first; returns it and the seconds left.

        One round trip, and exact for any number of servers.
        """
        pipe = self.client.get_client(write=True).pipeline(transaction=False)
        self.queue_count(pipe, key, window)
        return self.counted(pipe.execute())

    def uncount(self, key: str) -> None:
        """Take one off a counter that has not ended."""
        with suppress(ValueError):  # it has
            self.decr(key)

    def queue_count(self, pipe: Any, key: str, window: int) -> None:
        """Put a count into a pipeline that asks for more in the same round trip."""
        name = self.client.make_key(key)
        pipe.incr(name)
        pipe.expire(name, window, nx=True)  # also mends a counter whose server died before this line
        pipe.pttl(name)

    @staticmethod
    def counted(replies: list[Any]) -> tuple[int, float]:
        """Read what Redis answered to `queue_count`."""
        count, _, left = replies
        return int(count), int(left) / 1000
