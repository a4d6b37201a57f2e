// What makes the pages live. The server renders everything; this puts new parts in their places, adds lines to the log and
// steps to the charts. Without it the pages can be read just as well.
import { Charts } from "./charts.js";

const TYPES = ["state", "stage_started", "stage_finished", "progress", "message", "artefact", "checkpoint"];
const MOST_LINES = 2000;
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])/g;
const HIDDEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

// ------------------------------------------------------------------------------------------------ parts of a page

const placed = new Map(); // id → HTML that was put there

/** Put the parts of a page in the places of those that have changed; what somebody is using stays. */
function place(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = document.getElementById(part.id);
    const text = part.outerHTML;
    if (!old || placed.get(part.id) === text) continue;
    const used = old.contains(document.activeElement) || old.querySelector(":popover-open");
    if (used && old.dataset.state === part.dataset.state) continue;
    for (const open of old.querySelectorAll("details[open][id]")) {
      fresh.getElementById(open.id)?.setAttribute("open", "");
    }
    placed.set(part.id, text);
    old.replaceWith(document.adoptNode(part));
  }
}

async function renew(address) {
  const answer = await fetch(address, { cache: "no-store" });
  if (answer.redirected) location.reload(); // the sign-in has ended
  if (answer.ok) place(await answer.text());
  return answer.ok;
}

/** A list asks for its rows every few seconds, while somebody can see it. */
function poll(list) {
  setInterval(() => {
    if (!document.hidden) renew(list.dataset.poll).catch(() => {}); // the server is away: the next time again
  }, 1000 * list.dataset.seconds);
}

// ------------------------------------------------------------------------------------------------ the log

class Log {
  #lines = document.getElementById("lines");
  #follow = document.getElementById("follow");

  constructor() {
    document.getElementById("follow-box").hidden = false;
    this.#lines.addEventListener("scroll", () => {
      const { scrollTop, scrollHeight, clientHeight } = this.#lines;
      this.#follow.checked = scrollHeight - scrollTop - clientHeight < 24;
    });
    this.#follow.addEventListener("change", () => this.#down());
    this.#down();
  }

  add(text) {
    const line = document.createElement("div");
    const shown = text.replace(ESCAPES, "").replace(/[\r\n]+$/, "").split("\r").pop();
    line.textContent = shown.replace(HIDDEN, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
    const follows = this.#follow.checked;
    this.#lines.append(line);
    if (this.#lines.childElementCount > MOST_LINES) this.#lines.firstElementChild.remove();
    if (follows) this.#down();
  }

  #down() {
    if (this.#follow.checked) this.#lines.scrollTop = this.#lines.scrollHeight;
  }
}

// ------------------------------------------------------------------------------------------------ one job

class Job {
  #page;
  #charts;
  #log = new Log();
  #stream = null;
  #after;
  #wait = 1000;
  #due = 0;
  #pace = 0;
  #timer = null;
  #ended = false;

  constructor(page) {
    this.#page = page;
    this.#charts = new Charts(page);
    this.#after = `${page.dataset.events}.${page.dataset.logs}`;
    if (page.dataset.charts === "yes") this.#charts.load().catch(() => {});
    if (page.dataset.live !== "yes") return;
    this.#open();
    // a browser opens six connections to a server at most: tabs that nobody sees hold none
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#close() : this.#open()));
    addEventListener("pageshow", () => this.#open());
    // the queue moves, and time passes, without news of this job
    setInterval(() => this.#ended || document.hidden || this.#renew(0), 10000);
  }

  #open() {
    if (this.#stream || this.#ended) return;
    const address = `/v1/jobs/${this.#page.dataset.job}/events/stream?include=logs,metrics&after=${this.#after}`;
    const stream = new EventSource(address);
    this.#stream = stream;
    stream.onopen = () => {
      this.#wait = 1000;
      this.#say("live", "live");
      this.#renew(0);
    };
    stream.onerror = () => {
      this.#say("away", "the connection is gone; trying again");
      if (stream.readyState !== EventSource.CLOSED || this.#stream !== stream) return; // the browser tries by itself
      this.#close();
      this.#renew(0); // where the sign-in has ended, this leads to the door
      setTimeout(() => document.hidden || this.#open(), this.#wait);
      this.#wait = Math.min(this.#wait * 2, 30000);
    };
    const take = (use) => (message) => {
      this.#after = message.lastEventId || this.#after;
      use(JSON.parse(message.data));
    };
    for (const type of TYPES) stream.addEventListener(type, take((event) => this.#event(event)));
    stream.addEventListener("log", take((line) => this.#log.add(line.text)));
    stream.addEventListener("metric", take((event) => this.#metric(event)));
    stream.addEventListener("end", () => this.#end());
  }

  #close() {
    this.#stream?.close();
    this.#stream = null;
  }

  #event(event) {
    const state = event.type === "state";
    if (state) document.getElementById("said").textContent = `The job is ${event.data.state}.`;
    this.#renew(state ? 100 : 1500);
  }

  #metric(event) {
    if (event.data.stage === "train") this.#charts.add(event.data.step, event.attempt, event.data.values);
    this.#renew(2000);
  }

  async #end() {
    this.#ended = true;
    this.#close();
    this.#say("ended", "ended");
    this.#renew(0);
    await this.#charts.load();
  }

  /** Ask for the parts anew within so many milliseconds; many wishes are one question. */
  #renew(milliseconds) {
    const due = performance.now() + (milliseconds < 1000 ? milliseconds : Math.max(milliseconds, this.#pace));
    if (this.#timer !== null && due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(async () => {
      this.#timer = null;
      const began = performance.now();
      await renew(`/jobs/${this.#page.dataset.job}?part=live`).catch(() => {});
      this.#pace = 10 * (performance.now() - began); // a server that is slow is asked less often
      if (this.#said) this.#say(...this.#said);
    }, due - performance.now());
  }

  #said = null;

  #say(state, words) {
    this.#said = [state, words];
    const place = document.getElementById("connection");
    if (!place) return;
    place.hidden = false;
    place.dataset.state = state;
    place.textContent = words;
  }
}

// ------------------------------------------------------------------------------------------------

const page = document.getElementById("job");
if (page) new Job(page);
for (const list of document.querySelectorAll("[data-poll]")) poll(list);
