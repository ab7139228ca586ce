"""What `collectstatic` does to our files besides hashing and compressing them."""

import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

STYLESHEET = "css/app.css"
IMPORT = re.compile(r'@import url\("(?P<name>[\w/.-]+)"\)(?: layer\((?P<layer>\w+)\))?;')


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Serves the stylesheet as one file: the browser follows its imports only in development."""

    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: Any
    ) -> Iterator[tuple[str, str, bool]]:
        if STYLESHEET in paths and not dry_run:
            flat = IMPORT.sub(self._imported, self._text(STYLESHEET))
            self.delete(STYLESHEET)
            self._save(STYLESHEET, ContentFile(flat.encode()))
            paths = {**paths, STYLESHEET: (self, STYLESHEET)}
        yield from super().post_process(paths, dry_run, **options)

    def _imported(self, found: re.Match[str]) -> str:
        text = self._text(f"css/{found['name']}")
        return f"@layer {found['layer']} {{\n{text}}}" if found["layer"] else text

    def _text(self, name: str) -> str:
        with self.open(name) as file:
            return str(file.read().decode())
