"use strict";
(() => {
  const { LEFT, RIGHT, WAITS, make, logish, clock, wait, panel, frame, across, hours, line, fill, dot, speaker, redraw, frontier } = Charts;
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const readout = at("readout"), say = speaker(null, readout);
  const KINDS = { applied: "--headstart", held: "--line" };
  let drawn = [];

  function demand(parent) {
    const chart = panel(parent, "Demand", [["requests busy at once, were servers unlimited", "--demand", "box"]], 110);
    const x = across(chart, data.length), y = frame(chart, { most: Math.max(...data.demand) });
    fill(chart, data.demand, data.step, x, y, "--demand", 0.25);
    line(chart, data.demand, data.step, x, y, "--demand", { "stroke-width": 1 });
    hours(chart, x, data.length);
    watch(chart, x, null);
  }

  function copies(parent, policy) {
    // The keys are told once.
    const keys = policy === data.policies[0] ? [["in service", "--capacity", "box"], ["asked for", "--ink", "dash"], ["demand in copies, at the target", "--demand"]] : [];
    if (policy.decisions.length) keys.push(["decision that wrote", "--headstart", "dot"], ["blocked or refused", "--queue", "dot"], ["looks", "--soft"]);
    const chart = panel(parent, `${policy.name}: copies`, keys, policy.decisions.length ? 130 : 100);
    const x = across(chart, data.length), y = frame(chart, { most: data.mostCopies, under: policy.decisions.length ? 28 : 16, top: 10 });
    fill(chart, policy.copies, data.step, x, y, "--capacity", 0.35);
    line(chart, data.demand.map((v) => Math.min(data.mostCopies, v / data.target)), data.step, x, y, "--demand", { "stroke-width": 1, opacity: 0.7 });
    line(chart, policy.desired, data.step, x, y, "--ink", { "stroke-dasharray": "4 3", "stroke-width": 1.3 });
    hours(chart, x, data.length);
    watch(chart, x, policy);
    for (const [when, kind, signal, desired, reason] of policy.decisions) {
      const color = KINDS[kind] || "--queue";
      if (kind === "held") {
        make("line", { x1: x(when), x2: x(when), y1: chart.height - 25, y2: chart.height - 18, stroke: "var(--soft)", opacity: 0.45 }, chart.svg);
      } else {
        speaker(dot(chart, x(when), y(desired), 4, color, 7), readout, [clock(when), `${policy.name}, ${signal} signal, ${kind}.`, reason]);
      }
    }
  }

  function waiting(parent, policy) {
    const chart = panel(parent, `${policy.name}: waiting`, policy === data.policies[0] ? [["clients whose service has not begun", "--queue", "box"]] : [], 66);
    const x = across(chart, data.length), y = frame(chart, { most: data.mostWaiting, under: 6 });
    fill(chart, policy.waiting, data.step, x, y, "--queue", 0.9);
    watch(chart, x, policy);
  }

  // Pointing anywhere tells the numbers of that moment and the last decision before it.
  function watch(chart, x, policy) {
    const hair = make("line", { y1: 0, y2: chart.height - 14, stroke: "var(--soft)", "stroke-width": 0.8, "pointer-events": "none", visibility: "hidden" }, chart.svg);
    drawn.push([hair, x]);
    const show = (event) => {
      const box = chart.svg.getBoundingClientRect();
      const t = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT) * data.length;
      if (t < 0 || t > data.length) return;
      document.querySelectorAll(".on").forEach((other) => other.classList.remove("on"));
      for (const [other, place] of drawn) {
        other.setAttribute("x1", place(t));
        other.setAttribute("x2", place(t));
        other.setAttribute("visibility", "visible");
      }
      const i = Math.min(data.demand.length - 1, Math.floor(t / data.step)), wanted = `${data.demand[i]} requests wanted at once`;
      if (!policy) { say(clock(t), "", `${wanted}.`); return; }
      const last = policy.decisions.findLast((one) => one[0] <= t);
      const told = last ? ` Last look ${clock(t - last[0])} before: ${last[4]}` : "";
      say(clock(t), `${policy.name}.`, `${policy.copies[i]} copies in service, ${policy.desired[i]} asked for; ${policy.waiting[i]} clients waiting; ${wanted}.${told}`);
    };
    for (const kind of ["pointermove", "click"]) chart.svg.addEventListener(kind, show);
  }

  function timelines() {
    drawn = [];
    const parent = at("timelines");
    demand(parent);
    for (const policy of data.policies) {
      copies(parent, policy);
      waiting(parent, policy);
    }
  }

  function episodes() {
    const parent = at("episodes"), count = data.episodes.starts.length;
    const most = Math.max(0.1, ...data.policies.flatMap((p) => p.episodes.map((e) => e[0])));
    const top = WAITS.find((tick) => tick >= most) || 600;
    for (const policy of data.policies) {
      const chart = panel(parent, policy.name, [], 72);
      const x = across(chart, count), y = frame(chart, { most: top, scale: logish, ticks: [0, 1, 10, 100, 600], under: 14 });
      policy.episodes.forEach(([mean, longest, slow, lost], i) => {
        const wide = Math.max(1, x(i + 1) - x(i)), group = make("g", { class: "dot" }, chart.svg);
        make("rect", { x: x(i), width: wide, y: 0, height: chart.height - 14, fill: "transparent" }, group);
        make("rect", { x: x(i) + wide * 0.1, width: wide * 0.8, y: y(mean), height: Math.max(0, y(0) - y(mean)), fill: "var(--queue)" }, group);
        speaker(group, at("episodes-readout"), [`${policy.name}, ${data.episodes.name} ${i + 1}`, `from ${clock(data.episodes.starts[i])}, ${data.episodes.requests[i]} requests.`,
          `Mean wait ${wait(mean)}, longest ${wait(longest)}; ${slow} waited over 10 s, ${lost} gave up.`]);
      });
      const every = Math.max(1, Math.ceil(count / (chart.width < 480 ? 8 : 24)));
      for (let i = 0; i < count; i += every) make("text", { x: (x(i) + x(i + 1)) / 2, y: chart.height - 2, "text-anchor": "middle" }, chart.svg).textContent = i + 1;
    }
  }

  redraw(at("frontier"), () => frontier(at("frontier"), at("frontier-readout"), "Mean wait against copy-hours", data.points));
  redraw(at("timelines"), timelines);
  redraw(at("episodes"), episodes);
  speaker(null, at("frontier-readout"))("", "", "Move over a point, tap it or reach it with Tab for its numbers.");
  speaker(null, at("episodes-readout"))("", "", "Move over a bar or tap it for its numbers.");
  const telling = data.policies.find((policy) => policy.decisions.length);
  const first = telling && (telling.decisions.find((one) => one[1] === "applied") || telling.decisions[0]);
  if (first) say(clock(first[0]), `${telling.name}, ${first[2]} signal, ${first[1]}.`, first[4]);
})();
