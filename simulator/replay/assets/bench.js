"use strict";
(() => {
  const { LEFT, RIGHT, make, panel, speaker, dot, redraw, frontier } = Charts;
  const data = JSON.parse(document.getElementById("data").textContent);
  const TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];

  // Ratios on a logarithmic axis, a row a trace: the median and its interval. Left of 1 is less than the baseline.
  function forest(parent, readout, baseline, metric) {
    const narrow = parent.clientWidth < 560, row = narrow ? 34 : 22, rows = baseline.rows;
    const chart = panel(parent, `${metric.name}, headstart to ${baseline.name}`, [], rows.length * row + 22);
    const left = narrow ? LEFT : 230, values = rows.flatMap((r) => r[metric.key]).filter((v) => v > 0 && Number.isFinite(v));
    const low = Math.min(0.5, ...values), high = Math.max(2, ...values);
    const shown = TICKS.filter((t) => t >= low * 0.8 && t <= high * 1.25), from = Math.min(low, shown[0]), to = Math.max(high, shown[shown.length - 1]);
    const x = (v) => left + (chart.width - left - RIGHT - 8) * Math.min(1, Math.max(0, Math.log(v / from) / Math.log(to / from)));
    for (const tick of shown) {
      make("line", { x1: x(tick), x2: x(tick), y1: 0, y2: chart.height - 18, stroke: tick === 1 ? "var(--soft)" : "var(--grid)" }, chart.svg);
      make("text", { x: x(tick), y: chart.height - 4, "text-anchor": "middle" }, chart.svg).textContent = tick;
    }
    rows.forEach((one, i) => {
      const y = i * row + (narrow ? 22 : 11), [middle, least, most] = one[metric.key];
      make("text", { x: narrow ? LEFT : left - 10, y: narrow ? y - 10 : y + 4, class: "name", "text-anchor": narrow ? "start" : "end" }, chart.svg).textContent = one.name;
      // Coloured only where the interval leaves no doubt.
      const color = most < 1 ? "--good" : least > 1 ? "--bad" : "--soft";
      make("line", { x1: x(least), x2: x(most), y1: y, y2: y, stroke: `var(${color})`, "stroke-width": 2 }, chart.svg);
      speaker(dot(chart, x(middle), y, 4.5, color), readout, [one.name, `${metric.name.toLowerCase()}, headstart to ${baseline.name}.`,
        `${middle.toFixed(2)} (95 % interval ${least.toFixed(2)} to ${most.toFixed(2)}). ${one.text}`]);
    });
  }

  const forests = document.getElementById("forests"), readout = document.getElementById("forests-readout");
  redraw(forests, () => data.baselines.forEach((baseline) => data.metrics.forEach((metric) => forest(forests, readout, baseline, metric))));
  const fronts = document.getElementById("frontiers");
  redraw(fronts, () => data.traces.forEach((one) => frontier(fronts, document.getElementById("frontiers-readout"), one.name, one.points, 260)));
  for (const id of ["forests-readout", "frontiers-readout"]) speaker(null, document.getElementById(id))("", "", "Move over a point, tap it or reach it with Tab for its numbers.");
})();
