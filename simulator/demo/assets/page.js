"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const charts = document.getElementById("charts");
  const readout = document.getElementById("readout");
  const NS = "http://www.w3.org/2000/svg";
  const LEFT = 34, RIGHT = 8;
  let width = 0, cursor = null, lines = [];

  const make = (name, attributes, parent) => {
    const node = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (parent) parent.append(node);
    return node;
  };
  const x = (t) => LEFT + (width - LEFT - RIGHT) * Math.max(0, t) / data.length;
  const clock = (t) => `${Math.floor(Math.max(0, t) / 60)}:${String(Math.floor(Math.max(0, t) % 60)).padStart(2, "0")}`;

  function nice(most) {
    const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((s) => most / s <= 4) || 1000;
    return { step, top: Math.max(step, Math.ceil(most / step) * step) };
  }

  function panel(title, keys, height) {
    const box = document.createElement("div");
    box.className = "chart";
    const head = document.createElement("h3");
    head.append(title);
    for (const [label, color, kind] of keys) {
      const key = document.createElement("span");
      key.className = "key";
      const mark = document.createElement("i");
      mark.style.background = `var(${color})`;
      mark.style.setProperty("--c", `var(${color})`);
      if (kind) mark.className = kind;
      key.append(mark, label);
      head.append(key);
    }
    const svg = make("svg", { height, role: "img", "aria-label": title });
    box.append(head, svg);
    charts.append(box);
    width = svg.clientWidth;
    const [from, to] = data.burst;
    make("rect", { x: x(from), y: 0, width: x(to) - x(from), height: height - 14, fill: "var(--burst)", opacity: 0.45 }, svg);
    return svg;
  }

  function axes(svg, height, most) {
    const { step, top } = nice(most);
    const bottom = height - 16;
    const y = (value) => bottom - (bottom - 6) * value / top;
    for (let value = 0; value <= top; value += step) {
      make("line", { x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value), stroke: "var(--grid)" }, svg);
      make("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, svg).textContent = value;
    }
    times(svg, height);
    return y;
  }

  function times(svg, height) {
    const step = width < 480 ? 40 : 20;
    for (let t = 0; t <= data.length; t += step) {
      make("text", { x: x(t), y: height - 2, "text-anchor": t ? "middle" : "start" }, svg).textContent = clock(t);
    }
  }

  const stepped = (values, y) => values.map((v, i) => {
    const at = x(data.t[i]).toFixed(1);
    return i ? `H${at}V${y(v).toFixed(1)}` : `M${at} ${y(v).toFixed(1)}`;
  }).join("");
  const end = () => x(data.t[data.t.length - 1]).toFixed(1);
  const area = (values, y) => `${stepped(values, y)}V${y(0)}H${x(data.t[0]).toFixed(1)}Z`;
  const line = (svg, values, y, color, more) => make("path", { d: stepped(values, y), fill: "none", stroke: `var(${color})`, "stroke-width": 1.8, ...more }, svg);
  const fill = (svg, values, y, color, opacity) => make("path", { d: area(values, y), fill: `var(${color})`, opacity }, svg);

  function demand() {
    const height = 150, s = data.series;
    const svg = panel("Requests at once", [["wanted (demand)", "--demand"], ["what the copies in service can serve", "--capacity", "box"], ["the burst", "--burst", "box"]], height);
    const y = axes(svg, height, Math.max(...s.demand, ...s.capacity));
    fill(svg, s.capacity, y, "--capacity", 0.22);
    line(svg, s.capacity, y, "--capacity");
    line(svg, s.demand, y, "--demand");
    lines.push([svg, height]);
  }

  function copies() {
    const height = 130, s = data.series;
    const svg = panel("Copies", [["in service", "--capacity", "box"], ["asked for", "--ink", "dash"], ...(data.decisions.length ? [["write by Headstart", "--headstart", "box"]] : []), ["by native scaling", "--native", "box"]], height);
    const y = axes(svg, height, Math.max(...s.asked, ...s.in_service));
    fill(svg, s.in_service, y, "--capacity", 0.35);
    line(svg, s.asked, y, "--ink", { "stroke-dasharray": "4 3", "stroke-width": 1.5 });
    for (const write of data.writes) {
      const dot = mark(svg, x(write.t), y(write.asked), write.native ? "--native" : "--headstart", true);
      tell(dot, write.t, `${write.who} asked for ${write.asked} copies (${write.before} before)`, write.why);
    }
    lines.push([svg, height]);
  }

  function waiting() {
    const height = 130, s = data.series;
    const svg = panel("Requests waiting", [["queued in containers", "--queue", "box"], ["clients about to try again", "--retry", "box"]], height);
    const sum = s.queued.map((v, i) => v + s.retrying[i]);
    const y = axes(svg, height, Math.max(...sum));
    fill(svg, sum, y, "--retry", 0.8);
    fill(svg, s.queued, y, "--queue", 0.9);
    lines.push([svg, height]);
  }

  function refused() {
    const height = 84;
    const svg = panel("Attempts refused, each second", [["HTTP 400: no capacity", "--refused", "box"]], height);
    const y = axes(svg, height, Math.max(...data.refused, 1));
    data.refused.forEach((count, second) => {
      if (count) make("rect", { x: x(second), width: Math.max(1, x(second + 1) - x(second) - 0.6), y: y(count), height: y(0) - y(count), fill: "var(--refused)" }, svg);
    });
    lines.push([svg, height]);
  }

  function alarms() {
    const row = 30, height = data.alarms.length * row + 18;
    const svg = panel("Alarms", [["in ALARM", "--refused", "box"]], height);
    data.alarms.forEach((alarm, index) => {
      const y = index * row;
      make("text", { x: LEFT, y: y + 13 }, svg).textContent = alarm.name;
      make("rect", { x: LEFT, y: y + 17, width: width - LEFT - RIGHT, height: 7, fill: "var(--grid)", rx: 2 }, svg);
      for (const [from, to] of alarm.spans) {
        const bar = make("rect", { x: x(from), y: y + 17, width: Math.max(2, x(to) - x(from)), height: 7, fill: "var(--refused)", rx: 2 }, svg);
        tell(bar, from, `Alarm ${alarm.name}`, `in ALARM from ${clock(from)} to ${clock(to)}`);
      }
    });
    times(svg, height);
    lines.push([svg, height]);
  }

  function decisions() {
    if (!data.decisions.length) return;
    const height = 46;
    const svg = panel("Headstart's decisions", [["wrote a copy count", "--headstart", "box"], ["blocked by an update in flight", "--queue", "box"], ["nothing to change", "--line", "box"]], height);
    make("line", { x1: LEFT, x2: width - RIGHT, y1: 16, y2: 16, stroke: "var(--grid)" }, svg);
    for (const one of data.decisions) {
      const color = one.kind === "applied" ? "--headstart" : one.kind === "held" ? "--line" : "--queue";
      const dot = mark(svg, x(one.t), 16, color, one.kind !== "held");
      tell(dot, one.t, `${one.signal} signal, ${one.kind}`, one.reason);
    }
    times(svg, height);
    lines.push([svg, height]);
  }

  function mark(svg, cx, cy, color, large) {
    const group = make("g", { class: "dot", tabindex: 0, role: "button" }, svg);
    make("circle", { cx, cy, r: large ? 10 : 7, fill: "transparent" }, group);
    make("circle", { cx, cy, r: large ? 5.5 : 3.5, fill: `var(${color})`, stroke: "var(--card)", "stroke-width": 1 }, group);
    return group;
  }

  function tell(node, t, head, text) {
    node.setAttribute("aria-label", `${clock(t)} ${head}: ${text}`);
    const show = (event) => {
      if (event.type !== "focus") event.stopPropagation();
      document.querySelectorAll(".on").forEach((other) => other.classList.remove("on"));
      node.classList.add("on");
      say(t, head, text);
      rule(t);
    };
    for (const kind of ["pointerenter", "pointermove", "focus", "click"]) node.addEventListener(kind, show);
  }

  function say(t, head, text) {
    readout.replaceChildren();
    const at = document.createElement("b");
    at.textContent = clock(t);
    const who = document.createElement("span");
    who.className = "who";
    who.textContent = `  ${head}. `;
    readout.append(at, who, text);
  }

  function rule(t) {
    for (const [svg, height] of lines) {
      let hair = svg.querySelector(".hair");
      if (!hair) hair = make("line", { class: "hair", y1: 0, stroke: "var(--soft)", "stroke-width": 0.8, "pointer-events": "none" }, svg);
      for (const [key, value] of Object.entries({ x1: x(t), x2: x(t), y2: height - 14 })) hair.setAttribute(key, value);
    }
  }

  function point(event) {
    const box = lines[0][0].getBoundingClientRect();
    const t = (event.clientX - box.left - LEFT) / (width - LEFT - RIGHT) * data.length;
    if (t < 0 || t > data.length) return;
    const i = Math.max(0, data.t.findLastIndex((at) => at <= t)), s = data.series;
    document.querySelectorAll(".on").forEach((other) => other.classList.remove("on"));
    say(t, "At this moment", `${s.demand[i]} requests wanted at once; ${s.in_service[i]} copies in service (room for ` +
      `${s.capacity[i]}), ${s.asked[i]} asked for; ${s.queued[i]} queued, ${s.retrying[i]} clients about to try again; ` +
      `${s.refused[i]} attempts refused so far.`);
    rule(t);
  }

  function draw() {
    charts.replaceChildren();
    lines = [];
    [demand, copies, waiting, refused, alarms, decisions].forEach((chart) => chart());
  }

  charts.addEventListener("pointermove", point);
  charts.addEventListener("click", point);
  let drawn = 0;
  new ResizeObserver(() => {
    if (charts.clientWidth !== drawn) { drawn = charts.clientWidth; draw(); }
  }).observe(charts);
  if (data.decisions.length) {
    const first = data.decisions.find((one) => one.kind === "applied") || data.decisions[0];
    say(first.t, `${first.signal} signal, ${first.kind}`, first.reason);
  } else {
    readout.textContent = "Move over a chart for the numbers at a moment.";
  }
})();
