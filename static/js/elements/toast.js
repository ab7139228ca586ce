// <app-toast>: leaves after eight seconds, waits while it is pointed at or focused. An error stays until it is dismissed.

const STAY = 8000;

class AppToast extends HTMLElement {
  #timer;

  connectedCallback() {
    const dismiss = this.querySelector("[data-dismiss]");
    dismiss?.removeAttribute("hidden");
    dismiss?.addEventListener("click", () => this.remove());
    if (this.getAttribute("role") === "alert") return;
    for (const name of ["pointerenter", "focusin", "pointerleave", "focusout"]) this.addEventListener(name, this);
    this.handleEvent();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  handleEvent() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.matches(":hover, :focus-within") ? this.handleEvent() : this.remove()), STAY);
  }
}

customElements.define("app-toast", AppToast);
