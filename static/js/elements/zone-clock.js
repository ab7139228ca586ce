// The time in the zone that a list has chosen, as soon as it is chosen.

class ZoneClock extends HTMLElement {
  connectedCallback() {
    const zones = document.getElementById(this.dataset.for);
    const format = { hour: "2-digit", minute: "2-digit" };
    zones?.addEventListener("change", () => {
      const time = new Date().toLocaleTimeString(document.documentElement.lang, { ...format, timeZone: zones.value });
      this.textContent = `It is ${time} there now.`;
    });
  }
}
customElements.define("zone-clock", ZoneClock);
