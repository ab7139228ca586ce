// <app-passkey>: asks the browser for a passkey, or to make one, and then sends its form with the answer.

const known = window.PublicKeyCredential?.parseRequestOptionsFromJSON;

class AppPasskey extends HTMLElement {
  connectedCallback() {
    if (!known) return;
    this.hidden = false;
    this.addEventListener("submit", this);
  }

  async handleEvent(event) {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    this.#say("");
    try {
      form.elements.credential.value = JSON.stringify(await this.#credential(form));
      form.submit();
    } catch (error) {
      this.#say(sentence(error));
      button.disabled = false;
    }
  }

  async #credential(form) {
    const answer = await fetch(this.dataset.options, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (answer.redirected) return new Promise(() => location.assign(answer.url)); // asked to prove more first
    if (!answer.ok) throw new Refusal(await answer.text());
    const options = await answer.json();
    return options.user
      ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  }

  #say(text) {
    const place = this.querySelector("[role=alert]");
    place.textContent = text;
    place.hidden = !text;
  }
}

// What the server refused, in the words of its page.
class Refusal extends Error {
  constructor(html) {
    super(new DOMParser().parseFromString(html, "text/html").querySelector("[data-problem]")?.textContent.trim());
  }
}

const sentence = (error) => {
  if (error instanceof Refusal && error.message) return error.message;
  if (error.name === "InvalidStateError") return "That device has a passkey for this account already.";
  if (error.name === "NotAllowedError") return "No passkey came back. Try again, or use another way.";
  return "That did not work. Try again, or use another way.";
};

customElements.define("app-passkey", AppPasskey);
