// <copy-text>: copies the text inside it. Without it the text can be selected.

class CopyText extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("[data-copy]");
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(this.querySelector("[data-text]").textContent);
      button.querySelector("span").textContent = "Copied";
    });
  }
}

customElements.define("copy-text", CopyText);
