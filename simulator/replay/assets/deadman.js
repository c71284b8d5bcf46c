"use strict";
(() => {
  const { LEFT, RIGHT, make, panel, speaker, dot, redraw } = Charts;
  const days = JSON.parse(document.getElementById("data").textContent);
  const TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 100, 1000];
  const COLORS = ["--headstart", "--limit", "--native", "--good", "--queue"];
  const kinds = [...new Set(days.map((day) => day.kind))], traces = [...new Set(days.map((day) => day.trace))];

  // A row a trace, a dot a day, on a logarithmic axis; a day that was worse than allowed is larger.
  function strips(parent, readout) {
    const narrow = parent.clientWidth < 560, row = narrow ? 44 : 32;
    const chart = panel(parent, "Mean wait over native scaling's", kinds.map((kind, i) => [kind, COLORS[i % COLORS.length], "dot"]), traces.length * row + 22);
    const left = narrow ? LEFT : 230, values = days.flatMap((day) => [day.ratio, day.good]).filter((v) => v > 0 && v < 1e6);
    const from = Math.max(0.01, Math.min(0.5, ...values)), to = Math.max(2, ...values);
    const x = (v) => left + (chart.width - left - RIGHT - 8) * Math.min(1, Math.max(0, Math.log(v / from) / Math.log(to / from)));
    for (const tick of TICKS.filter((t) => t >= from && t <= to)) {
      make("line", { x1: x(tick), x2: x(tick), y1: 0, y2: chart.height - 18, stroke: tick === 1 ? "var(--soft)" : "var(--grid)" }, chart.svg);
      make("text", { x: x(tick), y: chart.height - 4, "text-anchor": "middle" }, chart.svg).textContent = tick;
    }
    traces.forEach((trace, i) => {
      const y = i * row + (narrow ? 28 : 16), here = days.filter((day) => day.trace === trace);
      make("text", { x: narrow ? LEFT : left - 10, y: narrow ? y - 14 : y + 4, class: "name", "text-anchor": narrow ? "start" : "end" }, chart.svg).textContent = trace;
      for (const good of new Set(here.map((day) => day.good))) {
        make("line", { x1: x(good), x2: x(good), y1: y - 12, y2: y + 12, stroke: "var(--soft)", "stroke-width": 1.5, opacity: 0.5 }, chart.svg);
      }
      for (const day of here) {
        const lane = kinds.indexOf(day.kind), at = y + (lane - (kinds.length - 1) / 2) * 4.5;
        speaker(dot(chart, x(day.ratio), at, day.worse ? 5 : 3, COLORS[lane % COLORS.length]), readout,
          [`${day.ratio >= 1e6 ? "∞" : day.ratio.toFixed(2)}${day.worse ? ", worse" : ""}`, `${trace}, ${day.kind}`, day.text]);
      }
    });
  }

  const card = document.getElementById("days"), readout = document.getElementById("readout");
  redraw(card, () => strips(card, readout));
  speaker(null, readout)("", "", "Move over a day, tap it or reach it with Tab for what happened.");
})();
