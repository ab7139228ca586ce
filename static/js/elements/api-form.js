// <api-form>: sends its form with the verb of the pressed button and shows the answer in place of the page.

class ApiForm extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", this);
  }

  async handleEvent(event) {
    event.preventDefault();
    const form = event.target;
    const method = event.submitter.value;
    if (method === "DELETE" && !confirm("Delete this?")) return;
    event.submitter.disabled = true;
    try {
      const answer = await fetch(form.action, { method, headers: this.#headers(form, method), body: form.elements._content?.value });
      this.#show(await answer.text());
    } catch {
      event.submitter.disabled = false;
      alert("The server did not answer. Your text is still here.");
    }
  }

  // The page's ETag goes along, so that nothing is written over a change that came in between.
  #headers(form, method) {
    const { header, token, etag } = this.dataset;
    const headers = { Accept: "text/html", [header]: token };
    if (form.elements._content_type) headers["Content-Type"] = form.elements._content_type.value;
    if (etag && ["PUT", "PATCH", "DELETE"].includes(method)) headers["If-Match"] = etag;
    return headers;
  }

  #show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    document.title = page.title;
    document.querySelector("main").replaceWith(page.querySelector("main"));
    document.querySelector("main").focus();
    scrollTo(0, 0);
  }
}

customElements.define("api-form", ApiForm);
