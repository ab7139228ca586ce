// <recovery-codes>: copies or prints the codes inside it.

class RecoveryCodes extends HTMLElement {
  connectedCallback() {
    this.#offer("[data-print]", () => print());
    if (navigator.clipboard) this.#offer("[data-copy]", (button) => this.#copy(button));
  }

  #offer(selector, act) {
    const button = this.querySelector(selector);
    button.hidden = false;
    button.addEventListener("click", () => act(button));
  }

  async #copy(button) {
    const codes = [...this.querySelectorAll("code")].map((code) => code.textContent);
    await navigator.clipboard.writeText(codes.join("\n"));
    button.textContent = "Copied";
  }
}

customElements.define("recovery-codes", RecoveryCodes);
