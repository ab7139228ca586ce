// Behaviour over server HTML: everything here only shortens what a link or a form already does.

const find = (selector, within = document) => within?.querySelector(selector);
const on = (name, listener) => document.addEventListener(name, listener);
const rows = () => [...document.querySelectorAll(".main .todo:has(.title)")].filter((row) => row.checkVisibility());

// --- Completing: the tick shows at once, and goes back when the server says no ---

const flip = (form) => {
  const check = find(":scope > .check", form);
  check?.setAttribute("aria-pressed", check.getAttribute("aria-pressed") !== "true");
};
on("htmx:beforeRequest", ({ detail }) => flip(detail.elt));
on("htmx:afterRequest", ({ detail }) => {
  if (!detail.successful) flip(detail.elt);
});

// --- Trouble: say what happened; nothing on the page is lost ---

const say = (sentence) => {
  const toast = find("#error-toast").content.cloneNode(true);
  find("span", toast).textContent = sentence;
  find("#toasts").append(toast);
};
on("htmx:responseError", ({ detail }) => {
  const page = new DOMParser().parseFromString(detail.xhr.responseText, "text/html");
  say(find("[data-problem]", page)?.textContent ?? "That did not work. Your text is still here.");
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  on(name, () => say("The server did not answer. Your text is still here."));
}

// --- After an answer: an emptied quick-add, a toast whose undo is done ---

on("htmx:afterRequest", ({ detail: { elt, successful } }) => {
  if (!successful) return;
  elt.closest("app-toast")?.remove();
  if (elt.matches(".quick-add")) {
    elt.reset();
    find("input:not([type=hidden])", elt).focus();
  }
});

// --- Settings: what was chosen holds at once ---

on("appearance", ({ detail: { theme, shortcuts } }) => Object.assign(document.documentElement.dataset, { theme, shortcuts }));

// --- Focus: it never falls off the page when the row that holds it is swapped away ---

let leaving = null;
on("htmx:beforeSwap", ({ detail }) => {
  const row = detail.target.closest?.('[id^="todo-"]');
  if (!row?.contains(document.activeElement)) return;
  const list = rows();
  const place = list.indexOf(row);
  leaving = {
    id: row.id,
    part: document.activeElement.matches(".check") ? ".check" : ".title",
    next: place < 0 ? null : list[place + 1] ?? list[place - 1],
  };
});
on("htmx:afterRequest", () => {
  if (!leaving || document.activeElement !== document.body) return;
  const row = document.getElementById(leaving.id);
  (find(leaving.part, row) ?? find(".title", leaving.next) ?? heading())?.focus({ preventScroll: Boolean(row) });
  leaving = null;
});
const heading = () => {
  const title = find(".main h1");
  title?.setAttribute("tabindex", "-1");
  return title;
};

// --- Detail: focus goes in when it opens and back to its row when it closes ---

on("htmx:load", ({ detail: { elt } }) => {
  if (elt.id !== "detail") return;
  const opener = find('.todo[aria-current="true"]');
  opener?.removeAttribute("aria-current");
  if (elt.matches(".detail")) {
    document.getElementById(elt.dataset.for)?.setAttribute("aria-current", "true");
    elt.focus({ preventScroll: true });
  } else {
    find(".title", opener)?.focus({ preventScroll: true });
  }
});

// --- Keys: [data-key] names what a key presses; single keys never fire while typing, and can be off (WCAG 2.1.4) ---

const quickAdd = () => document.getElementById("quick-add-text");
const typing = (element) => element.closest("input, textarea, select, [contenteditable]");
let prefix = { key: "", until: 0 };

on("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || find(":popover-open, dialog[open]")) return;
  if (event.key === "Escape") return close(event.target);
  if (document.documentElement.dataset.shortcuts === "off") return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !event.key || typing(event.target)) return;

  const key = (event.timeStamp < prefix.until ? prefix.key : "") + event.key.toLowerCase();
  prefix = { key: "g ", until: key === "g" ? event.timeStamp + 1000 : 0 };
  const row = event.target.closest(".todo");
  if (press(key, row)) event.preventDefault();
});

const press = (key, row) => {
  if (key === "j" || key === "k") return move(row, key === "j" ? 1 : -1);
  if (key === " ") return row && document.activeElement.matches(".title") && click(find(".check", row));
  const name = `[data-key="${CSS.escape(key)}"]`;
  return click(find(name, row) ?? [...document.querySelectorAll(`${name}:not(.todo *)`)].at(-1));
};
const click = (element) => {
  element?.click();
  return element;
};
const move = (row, step) => {
  const list = rows();
  const title = find(".title", list[Math.max(0, list.indexOf(row) + step)]);
  title?.focus();
  return title;
};
const close = (from) => {
  const open = from.closest(".editor, .detail") ?? (typing(from) ? null : find(".editor") ?? find(".detail"));
  if (open) find("[data-close]", open)?.click();
  else if (typing(from)) from.blur();
};

// --- A title is one line: Enter saves it ---

on("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches("textarea[name=title]")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

// --- Add todo: where the page has a quick-add, the link leads to it ---

on("click", (event) => {
  if (!event.target.closest?.('[data-key="q"]') || !quickAdd()) return;
  event.preventDefault();
  find(".sidebar:popover-open")?.hidePopover();
  quickAdd().focus();
});
if (location.hash === "#quick-add-text") quickAdd()?.focus();
