"use strict";
// What the pages' charts share: axes, scales, dots that speak. Colours are names of CSS variables.
const Charts = (() => {
  const NS = "http://www.w3.org/2000/svg", LEFT = 40, RIGHT = 10;

  const make = (name, attributes, parent) => {
    const node = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (parent) parent.append(node);
    return node;
  };

  // Linear near nothing, logarithmic above a tenth of a second: waits reach from none to minutes.
  const logish = (value) => Math.log10(1 + Math.max(0, value) / 0.1);
  const WAITS = [0, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 600];

  function clock(seconds) {
    const whole = Math.round(Math.max(0, seconds)), two = (n) => String(n).padStart(2, "0");
    return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  }

  const short = (value) => value >= 1e6 ? `${value / 1e6}M` : value >= 1e4 ? `${value / 1e3}k` : `${value}`;
  const wait = (value) => value < 10 ? `${value.toFixed(2)} s` : `${value.toFixed(0)} s`;

  function steps(most, count) {
    const raw = most / count, power = 10 ** Math.floor(Math.log10(raw || 1));
    return [1, 2, 5, 10].map((f) => f * power).find((s) => most / s <= count) || 10 * power;
  }

  function panel(parent, title, keys, height) {
    const box = document.createElement("div");
    box.className = "chart";
    const head = document.createElement("h3");
    head.append(title);
    for (const [label, color, kind] of keys) {
      const key = document.createElement("span"), mark = document.createElement("i");
      key.className = "key";
      mark.className = kind || "";
      mark.style.setProperty("--c", `var(${color})`);
      key.append(mark, label);
      head.append(key);
    }
    const svg = make("svg", { height, role: "img", "aria-label": title });
    box.append(head, svg);
    parent.append(box);
    return { svg, height, width: svg.clientWidth };
  }

  // A frame maps values to pixels and draws its grid; `bottom` leaves room for what stands under the x axis.
  function frame(chart, { most, least = 0, scale = (v) => v, ticks, under = 16, top = 6 }) {
    const bottom = chart.height - under, whole = ticks ? null : steps(Math.max(1, most), chart.height < 70 ? 2 : 4);
    const highest = ticks ? most : Math.max(whole, Math.ceil(most / whole) * whole);
    const y = (value) => bottom - (bottom - top) * (scale(value) - scale(least)) / (scale(highest) - scale(least) || 1);
    const marks = ticks ? ticks.filter((t) => t >= least && t <= highest) : Array.from({ length: Math.round(highest / whole) + 1 }, (_, i) => i * whole);
    for (const value of marks) {
      make("line", { x1: LEFT, x2: chart.width - RIGHT, y1: y(value), y2: y(value), stroke: "var(--grid)" }, chart.svg);
      make("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, chart.svg).textContent = short(value);
    }
    return y;
  }

  const across = (chart, length) => (t) => LEFT + (chart.width - LEFT - RIGHT) * Math.max(0, t) / (length || 1);

  function hours(chart, x, length) {
    const most = chart.width < 480 ? 4 : 9;
    const step = [300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400, 604800, 2592000].find((s) => length / s <= most) || 2592000;
    for (let t = 0; t <= length; t += step) {
      make("text", { x: x(t), y: chart.height - 2, "text-anchor": t ? "middle" : "start" }, chart.svg).textContent = clock(t).slice(0, -3);
    }
  }

  const stepped = (values, step, x, y) => values.map((v, i) => {
    const at = x(i * step).toFixed(1);
    return i ? `H${at}V${y(v).toFixed(1)}` : `M${at} ${y(v).toFixed(1)}`;
  }).join("") + `H${x(values.length * step).toFixed(1)}`;

  const line = (chart, values, step, x, y, color, more) =>
    make("path", { d: stepped(values, step, x, y), fill: "none", stroke: `var(${color})`, "stroke-width": 1.6, ...more }, chart.svg);
  const fill = (chart, values, step, x, y, color, opacity) =>
    make("path", { d: `${stepped(values, step, x, y)}V${y(0)}H${x(0)}Z`, fill: `var(${color})`, opacity }, chart.svg);

  function dot(chart, cx, cy, r, color, reach = r + 4) {
    const group = make("g", { class: "dot", tabindex: 0, role: "button" }, chart.svg);
    make("circle", { cx, cy, r: reach, fill: "transparent" }, group);
    make("circle", { cx, cy, r, fill: `var(${color})`, stroke: "var(--card)", "stroke-width": 1 }, group);
    return group;
  }

  function speaker(node, readout, text) {
    const say = (head, who, rest) => {
      const bold = document.createElement("b"), soft = document.createElement("span");
      bold.textContent = head;
      soft.className = "who";
      soft.textContent = who ? `  ${who}  ` : "  ";
      readout.replaceChildren(bold, soft, rest);
    };
    if (!node) return say;
    node.setAttribute("aria-label", text.join(" "));
    const show = (event) => {
      if (event.type !== "focus") event.stopPropagation();
      document.querySelectorAll(".on").forEach((other) => other.classList.remove("on"));
      node.classList.add("on");
      say(...text);
    };
    for (const kind of ["pointerenter", "pointermove", "focus", "click"]) node.addEventListener(kind, show);
    return say;
  }

  // Names beside their points: right or left, moved up or down where they would lie on each other or on a point.
  function labels(chart, points, bottom = chart.height) {
    const placed = points.map((p) => ({ from: p.x - 6, to: p.x + 6, top: p.y - 6, end: p.y + 6 }));
    const shifts = Array.from({ length: 40 }, (_, i) => (i % 2 ? -1 : 1) * Math.ceil(i / 2) * 5);
    const clear = (a) => !placed.some((o) => o.top < a.end && a.top < o.end && o.from < a.to && a.from < o.to);
    for (const point of [...points].sort((a, b) => a.y - b.y)) {
      const width = point.name.length * 6.2;
      const places = shifts.flatMap((shift) => [point.x + 9, point.x - 9 - width].map((from) => {
        const y = point.y + shift;
        return { from, to: from + width, top: y - 6, end: y + 6, y };
      })).filter((a) => a.from >= LEFT && a.to <= chart.width - RIGHT && a.top >= 0 && a.end <= bottom);
      const found = places.find(clear);  // without a free place it only speaks
      if (!found) continue;
      placed.push(found);
      if (Math.abs(found.y - point.y) > 8) {
        const near = found.from > point.x ? found.from - 2 : found.to + 2;
        make("line", { x1: point.x, y1: point.y, x2: near, y2: found.y, stroke: "var(--line)" }, chart.svg);
      }
      make("text", { x: found.from, y: found.y + 4, class: "name" }, chart.svg).textContent = point.name;
    }
  }

  function redraw(parent, draw) {
    let drawn = 0;
    new ResizeObserver(() => {
      if (parent.clientWidth === drawn) return;
      drawn = parent.clientWidth;
      parent.replaceChildren();
      draw();
    }).observe(parent);
  }

  // Waits against copy-hours. Points of the same group have one colour; those without a label only speak.
  function frontier(parent, readout, title, points, height = 320) {
    const colors = { headstart: "--headstart", native: "--native", limit: "--limit", peer: "--peer", frontier: "--native" };
    const names = { headstart: "Headstart", native: "native scaling", limit: "limits", peer: "others", frontier: "native's frontier" };
    const groups = Object.keys(names).filter((group) => points.some((point) => point.group === group));
    const chart = panel(parent, title, groups.map((group) => [names[group], colors[group], group === "frontier" ? "faint" : "dot"]), height);
    const most = Math.max(0.1, ...points.map((p) => p.wait)), widest = Math.max(1, ...points.map((p) => p.copyHours));
    const top = WAITS.find((tick) => tick >= most) || 600, shortest = Math.min(...points.map((p) => p.wait));
    const y = frame(chart, { most: top, least: WAITS.findLast((tick) => tick <= shortest && tick < top), scale: logish, ticks: WAITS, under: 32 });
    const step = steps(widest, chart.width < 480 ? 5 : 9), right = Math.ceil(widest / step) * step, x = across(chart, right);
    for (let value = 0; value <= right; value += step) {
      make("line", { x1: x(value), x2: x(value), y1: 6, y2: height - 32, stroke: "var(--grid)" }, chart.svg);
      make("text", { x: x(value), y: height - 17, "text-anchor": "middle" }, chart.svg).textContent = short(Math.round(value * 100) / 100);
    }
    make("text", { x: chart.width - RIGHT, y: height - 3, "text-anchor": "end" }, chart.svg).textContent = "copy-hours";
    make("text", { x: LEFT + 4, y: 14 }, chart.svg).textContent = "mean wait, s";
    for (const p of points) {
      const small = p.group === "frontier";
      const node = dot(chart, x(p.copyHours), y(p.wait), small ? 3 : 5.5, colors[p.group]);
      if (small) node.setAttribute("opacity", 0.55);
      speaker(node, readout, [p.name, "", `${wait(p.wait)} mean wait for ${p.copyHours.toFixed(1)} copy-hours. ${p.text || ""}`]);
    }
    labels(chart, points.filter((p) => p.group !== "frontier").map((p) => ({ name: p.name, x: x(p.copyHours), y: y(p.wait) })), height - 34);
  }

  return { LEFT, RIGHT, WAITS, make, logish, clock, short, wait, panel, frame, across, hours, line, fill, dot, speaker, labels, redraw, frontier };
})();
