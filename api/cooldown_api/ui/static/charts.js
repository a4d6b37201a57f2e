// Charts of one job, drawn by plotly.js, which is loaded when the first numbers are there.

const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];
const SERIES = 6;
const MOST = 4000; // points kept of a live job: more cannot be told apart on a screen

const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

/** A colour of the style sheet as it is now, light or dark. */
function colour(name, alpha = 1) {
  probe.style.color = `var(--${name})`;
  const [r, g, b] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}

/** A name of somebody else's, which plotly.js would read as a small dialect of HTML. */
const plain = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** Exponential moving average over about a fortieth of the points, without the bias of its beginning. */
function smooth(values) {
  const keep = 1 - 2 / (Math.max(6, values.length / 40) + 1);
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = keep * sum + value;
    weight = keep * weight + 1;
    return sum / weight;
  });
}

function load(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error("the charts' library cannot be had"));
    document.head.append(script);
  });
}

export class Charts {
  #page;
  #points = new Map(); // step → {step, attempt, values}
  #steps = null;
  #plan = null;
  #library = null;
  #due = false;

  constructor(page) {
    this.#page = page;
    document.addEventListener("theme", () => this.draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** Ask for all numbers: at the start, and after news were missed. */
  async load() {
    const answer = await fetch(`/jobs/${this.#page.dataset.job}/charts`, { cache: "no-store" });
    if (!answer.ok) return;
    const data = await answer.json();
    const latest = Math.max(0, ...data.points.map((point) => point.step));
    // steps that came meanwhile stay
    const newer = [...this.#points.values()].filter((point) => point.step > latest);
    this.#points = new Map([...data.points, ...newer].map((point) => [point.step, point]));
    this.#steps = data.steps;
    this.#plan = data.plan;
    await this.draw();
  }

  /** One step more. Its chart is drawn within a second. */
  add(step, attempt, values) {
    this.#points.set(step, { step, attempt, values });
    if (this.#points.size > MOST) this.load();
    if (this.#due) return;
    this.#due = true;
    setTimeout(() => {
      this.#due = false;
      if (this.#plan) this.draw();
      else this.load();
    }, 800);
  }

  async draw() {
    if (!this.#points.size) return;
    this.#library ??= load(this.#page.dataset.plotly);
    await this.#library;
    const points = [...this.#points.values()].sort((a, b) => a.step - b.step);
    this.#page.dataset.charts = "yes"; // what is not shown has no width to be drawn in
    const figures = this.#figures(points);
    for (const place of document.querySelectorAll("[data-plot]")) {
      const { traces, layout } = figures[place.dataset.plot];
      window.Plotly.react(place, traces, this.#layout(layout, points), { responsive: true, displayModeBar: false });
    }
    this.#page.dataset.drawn = String(points[points.length - 1].step);
  }

  #figures(points) {
    const sources = [...new Set(points.flatMap((point) => Object.keys(point.values)))]
      .filter((name) => name.startsWith("loss/"))
      .sort();
    const loss = series(points, "loss");
    return {
      loss: {
        traces: [
          line(loss.x, loss.y, "each step", colour("series-1", 0.3), { width: 1 }),
          line(loss.x, smooth(loss.y), "smoothed", colour("series-1"), { width: 2.5 }),
        ],
        layout: { showlegend: false },
      },
      learning_rate: this.#rate(points),
      sources: {
        traces: sources.map((name, index) => {
          const { x, y } = series(points, name);
          const look = { width: 2, dash: DASHES[index % DASHES.length] };
          return line(x, smooth(y), plain(name.slice(5)), colour(`series-${(index % SERIES) + 1}`), look);
        }),
        layout: { showlegend: true },
      },
      grad_norm: single(points, "grad_norm", "series-3", { yaxis: { rangemode: "tozero" } }),
      tokens_per_second: single(points, "tokens_per_second", "series-4", { yaxis: { rangemode: "tozero" } }),
    };
  }

  #rate(points) {
    const { x, y } = series(points, "learning_rate");
    const traces = [line(x, y, "so far", colour("series-2"), { width: 2.5 })];
    const layout = { showlegend: false, yaxis: { rangemode: "tozero", exponentformat: "power" } };
    if (this.#plan) {
      const course = line(this.#plan.step, this.#plan.learning_rate, "planned", colour("soft"), { width: 1.5, dash: "dot" });
      traces.unshift(course);
      if (this.#plan.decay_from) {
        const box = { type: "rect", yref: "paper", y0: 0, y1: 1, layer: "below", line: { width: 0 } };
        layout.shapes = [{ ...box, x0: this.#plan.decay_from, x1: this.#steps, fillcolor: colour("series-2", 0.08) }];
      }
    }
    return { traces, layout };
  }

  #layout(own, points) {
    const grid = { gridcolor: colour("line"), linecolor: colour("line"), zerolinecolor: colour("line"), automargin: true };
    const resumed = points.filter((point, index) => index && point.attempt !== points[index - 1].attempt);
    const mark = { type: "line", yref: "paper", y0: 0, y1: 1, line: { color: colour("soft"), width: 1, dash: "dot" } };
    return {
      height: 250,
      margin: { l: 8, r: 12, t: 8, b: 8 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: "system-ui, sans-serif", size: 12, color: colour("soft") },
      hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line-strong"), font: { color: colour("ink") } },
      hovermode: "x unified",
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, font: { color: colour("ink") } },
      ...own,
      shapes: [...(own.shapes ?? []), ...resumed.map((point) => ({ ...mark, x0: point.step, x1: point.step }))],
      xaxis: { ...grid, title: { text: "step", font: { size: 11 } }, range: this.#steps ? [0, this.#steps] : undefined },
      yaxis: { ...grid, ...own.yaxis },
    };
  }
}

function series(points, name) {
  const there = points.filter((point) => Number.isFinite(point.values[name]));
  return { x: there.map((point) => point.step), y: there.map((point) => point.values[name]) };
}

function line(x, y, name, color, look) {
  const mode = x.length > 1 ? "lines" : "markers";
  return { type: "scatter", mode, x, y, name, line: { color, ...look }, marker: { color }, hovertemplate: "%{y:.4g}" };
}

function single(points, name, shade, layout) {
  const { x, y } = series(points, name);
  return { traces: [line(x, y, name.replace(/_/g, " "), colour(shade), { width: 1.8 })], layout: { showlegend: false, ...layout } };
}
