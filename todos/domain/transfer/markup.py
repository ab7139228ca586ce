"""HTML of other programs as Markdown, and Markdown as HTML for them.

The HTML is read sign by sign, and every tag that Markdown has nothing for goes: no tree is built, as a parser's
takes quadratic time for tags in tags. The Markdown is made safe where it is shown, like anybody's.
"""

import re
from html import unescape

from markdown_it import MarkdownIt

HTML = re.compile(
    r"</?(?:p|ul|ol|li|br|hr|h[1-6]|strong|b|em|i|s|u|a|blockquote|pre|code|div|span|img|table|label)\b[^<>]*>", re.I
)
TOKEN = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)((?![a-zA-Z0-9])[^<>]*)>|<[!?][^<>]*>|[^<]+|<")
ATTRIBUTE = re.compile(r"(?<![\w-])([\w-]+)=(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+))")
LINK = re.compile(r"(?:https?://|mailto:)", re.I)
SIGNS = re.compile(r"([\\*_`\[\]<>~]|&(?=#?\w{1,31};))")
LEAD = re.compile(r"(\d{1,9}(?=[.)](?:\s|$))|(?=(?:#+|[+-]|[-=]+)(?:\s|$)))")
BLANKS = re.compile(r"[ \t\r\n\f]+")
DEEPEST = 12
"""Quotes and lists in one another; deeper ones stand there."""
UNSEEN = {"script", "style", "head", "title", "template"}
"""Tags whose content is no text."""
AROUND = {"strong": "**", "b": "**", "em": "*", "i": "*", "s": "~~", "del": "~~", "code": "`"}
BLOCKS = {"p", "div", "blockquote", "ul", "ol", "li", "pre", "tr", "hr", "h1", "h2", "h3", "h4", "h5", "h6"}
PARSER = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("strikethrough")


def is_html(text: str) -> bool:
    """Say whether a description was written as HTML: it begins with a tag that such have."""
    return HTML.match(text.lstrip()) is not None


def to_html(markdown: str) -> str:
    """Return Markdown as HTML; HTML in it is text."""
    return str(PARSER.render(markdown)).strip()


def to_markdown(html: str) -> str:
    """Return HTML as Markdown that shows the same words; links lead to the web and to mail only."""
    writer, unseen = _Writer(), ""
    for match in TOKEN.finditer(html):
        closes, tag = match[1], (match[2] or "").lower()
        if unseen:
            unseen = "" if closes and tag == unseen else unseen
        elif tag in UNSEEN and not closes:
            unseen = tag
        elif not tag:
            writer.text("" if match[0][:2] in ("<!", "<?") else unescape(match[0]))
        elif closes:
            writer.close(tag)
        else:
            writer.open(tag, _attributes(match[3]) if tag in ("a", "img", "li") else {})
    writer.end_block()
    return "\n".join(writer.lines).strip("\n")


def _attributes(text: str) -> dict[str, str]:
    return {name.lower(): unescape(one or two or three) for name, one, two, three in ATTRIBUTE.findall(text)}


class _Writer:
    """Writes Markdown, block by block. Each frame is what a line begins with: at its first, and behind."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._words: list[str] = []
        self._frames: list[tuple[str, str]] = []
        self._begun = 0
        self._lists: list[int | None] = []
        self._links: list[str] = []
        self._fenced = False
        self._head = ""
        self._gap = False

    def text(self, text: str) -> None:
        if self._fenced:
            self._words.append(text)
        else:
            self._words.append(SIGNS.sub(r"\\\1", BLANKS.sub(" ", text)))

    def open(self, tag: str, attributes: dict[str, str]) -> None:
        if self._fenced:
            return
        if tag in BLOCKS:
            self.end_block()
        if tag in AROUND:
            self._words.append(AROUND[tag])
        elif tag == "br":
            self._words.append("\n")
        elif tag == "a":
            self._links.append(_address(attributes.get("href", "")))
            self._words.append("[" if self._links[-1] else "")
        elif tag == "img":
            words = SIGNS.sub(r"\\\1", attributes.get("alt") or "image")
            address = _address(attributes.get("src", ""))
            self._words.append(f"[{words}]({address})" if address else words)
        else:
            self._open_block(tag, attributes)

    def _open_block(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in ("ul", "ol"):
            self._lists.append(1 if tag == "ol" else None)
            self._gap = self._gap and len(self._lists) == 1
        elif tag == "li":
            self._open_item(attributes.get("data-checked"))
        elif tag == "blockquote":
            self._frames.append(("> ", "> "))
        elif tag == "pre":
            self._fenced = True
        elif tag == "hr":
            self._put(["---"])
        elif tag[0] == "h":
            self._head = "#" * int(tag[1]) + " "

    def _open_item(self, checked: str | None) -> None:
        mark = "- "
        if self._lists and self._lists[-1] is not None:
            mark = f"{self._lists[-1]}. "
            self._lists[-1] += 1
        box = {"true": "[x] ", "false": "[ ] "}.get(checked or "", "")
        self._frames.append((mark + box, " " * len(mark)))

    def close(self, tag: str) -> None:
        if self._fenced and tag != "pre":
            return
        if tag in AROUND:
            self._words.append(AROUND[tag])
        elif tag == "a" and self._links:
            address = self._links.pop()
            self._words.append(f"]({address})" if address else "")
        elif tag in ("td", "th"):
            self._words.append(" | ")
        elif tag in BLOCKS:
            self.end_block()
            self._close_block(tag)

    def _close_block(self, tag: str) -> None:
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
            self._gap = not self._lists
        elif tag in ("li", "blockquote") and self._frames:
            self._frames.pop()
            self._begun = min(self._begun, len(self._frames))
        if tag == "li":
            self._gap = False

    def end_block(self) -> None:
        """Write down the words that have come since the last block."""
        text, self._words = "".join(self._words), []
        if self._fenced:
            self._fenced = False
            self._put(["```", *text.strip("\n").split("\n"), "```"])
            return
        text, head = text.strip().removesuffix("|").rstrip(), self._head
        self._head = ""
        if text:
            lines = [line.strip() for line in text.split("\n")]
            self._put([head + line if head else _led(line) for line in lines])

    def _put(self, lines: list[str]) -> None:
        frames = self._frames[:DEEPEST]
        if self._gap and self.lines:
            self.lines.append("".join(rest for _, rest in frames[: self._begun]).rstrip())
        for line in lines:
            begun = "".join(rest for _, rest in frames[: self._begun])
            self.lines.append(begun + "".join(first for first, _ in frames[self._begun :]) + line)
            self._begun = len(self._frames)
        self._gap = True


def _led(line: str) -> str:
    """Return a line that begins no heading and no list."""
    match = LEAD.match(line)
    return f"{match[0]}\\{line[match.end() :]}" if match else line


def _address(address: str) -> str:
    """Return an address of the web or of mail that ends where its link does, "" for any other."""
    if not LINK.match(address):
        return ""
    return re.sub(r"[\s<>()\\]", lambda found: f"%{ord(found[0]):02X}" if ord(found[0]) < 128 else "", address)
