"""Markdown as HTML that is safe on any page of ours, whoever wrote it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any

import nh3
from django.core.cache import cache
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

TASK = re.compile(r"\[([ xX])\]\s+")
TASK_ITEM = ["paragraph_open", "inline"]
KEPT = 7 * 24 * 3600
"""Seconds that HTML is kept under the hash of its text: a page of it takes tens of milliseconds to make."""
TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "input", "label", "li", "ol",
    "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
CLEANER = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href", "title"}, "ol": {"start"}, "input": {"checked"}},
    tag_attribute_values={"input": {"type": {"checkbox"}}},
    set_tag_attribute_values={"input": {"disabled": ""}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="nofollow noopener noreferrer",
)


class Renderer(RendererHTML):
    """Makes HTML that loads nothing: an image becomes a link to it."""

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        address = str(token.attrs.get("src", ""))
        words = self.renderInlineAsText(token.children, options, env) or address
        return f'<a href="{escapeHtml(address)}">{escapeHtml(words)}</a>'


def _parser() -> MarkdownIt:
    # Breaks: notes that nobody meant as Markdown keep their lines.
    made = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True}, renderer_cls=Renderer)
    made.enable(["table", "strikethrough"])
    made.core.ruler.enable("linkify")  # its twin among the inline rules is quadratic in colons
    # “see notes.md” is no address, and the person who wrote it can write https://.
    made.linkify.set({"fuzzy_link": False})  # type: ignore[union-attr]
    return made


PARSER = _parser()


def render(text: str) -> str:
    """Return a text in CommonMark, with tables, strikethrough, bare links and task lists, as safe HTML."""
    return render_all([text])[0]


def render_all(texts: Iterable[str]) -> list[str]:
    """Return several texts as `render` does, asking the cache once."""
    texts = list(texts)
    keys = [_key(text) for text in texts]
    found = cache.get_many([key for key, text in zip(keys, texts, strict=True) if text]) if any(texts) else {}
    shown = []
    for key, text in zip(keys, texts, strict=True):
        if text and key not in found:
            found[key] = _render(text)
            cache.set(key, found[key], KEPT)
        shown.append(found[key] if text else "")
    return shown


def _key(text: str) -> str:
    return f"markdown:1:{sha256(text.encode()).hexdigest()}"


def _render(text: str) -> str:
    tokens = PARSER.parse(text)
    for index, token in enumerate(tokens):
        if token.type in ("heading_open", "heading_close"):  # a page has its own first heading
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
        if token.type == "list_item_open" and [row.type for row in tokens[index + 1 : index + 3]] == TASK_ITEM:
            _show_task(tokens[index + 2])
    return CLEANER.clean(PARSER.renderer.render(tokens, PARSER.options, {}))


def _show_task(inline: Token) -> None:
    """Put a box before what begins with `[ ]` or `[x]`. The plugin for it is quadratic in a list's items."""
    words = inline.children or []
    task = TASK.match(words[0].content) if words and words[0].type == "text" else None
    if task is None:
        return
    words[0].content = words[0].content[task.end() :]
    box = Token("html_inline", "", 0)
    box.content = f"<label><input type=checkbox {'' if task[1] == ' ' else 'checked'}> "
    end = Token("html_inline", "", 0, content="</label>")
    inline.children = [box, *words, end]


def spoken(text: str) -> Iterator[str]:
    """Yield the stretches of a text that are words to its readers: no code, no addresses, no markup."""
    for block in PARSER.parse(text):
        stretch, depth = "", 0
        for token in block.children or ():
            depth += token.nesting if token.type.startswith("link_") else 0
            if token.type == "text" and not depth:
                stretch += token.content
            elif token.type not in ("link_open", "link_close", "text"):
                yield stretch
                stretch = ""
        yield stretch
