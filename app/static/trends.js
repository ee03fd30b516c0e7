// Draws the charts. Every text comes ready from the server: ticks with the figures, tooltips from the table behind.
"use strict";

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// What tells bars apart without their colour: strokes on a tile that repeats.
const STROKES = {
  slanted: [[0, 8, 8, 0], [-2, 2, 2, -2], [6, 10, 10, 6]],
  level: [[0, 2, 8, 2], [0, 6, 8, 6]],
  crossed: [[0, 0, 8, 8], [0, 8, 8, 0]],
  dotted: [[1, 2, 3, 2], [5, 6, 7, 6]],
};

function fill(look, ink) {
  if (!STROKES[look]) return ink;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.strokeStyle = ink;
  pen.lineWidth = 2;
  for (const [x1, y1, x2, y2] of STROKES[look]) { pen.beginPath(); pen.moveTo(x1, y1); pen.lineTo(x2, y2); pen.stroke(); }
  return pen.createPattern(tile, "repeat");
}

function dataset(series, places) {
  const ink = color(series.color);
  const data = series.values.map((y, n) => ({ x: places[n], y }));
  const shared = { label: series.label, data, borderColor: ink, backgroundColor: ink };
  if (series.look === "points") return { ...shared, type: "line", showLine: false, pointRadius: 2.5, pointStyle: "crossRot", order: 1 };
  if (series.look === "line") return { ...shared, type: "line", borderWidth: 2.5, pointRadius: 0, pointStyle: "line", order: 0 };
  if (series.look === "dashes") return { ...shared, type: "line", borderWidth: 2, borderDash: [6, 4], pointRadius: 0, pointStyle: "line", order: 0 };
  // Narrow bars stand side by side, so that their strokes are still seen.
  const bars = data.length > 40 ? { borderWidth: 0, barPercentage: 1 } : { borderWidth: 1, barPercentage: 0.85 };
  return { ...shared, ...bars, type: "bar", categoryPercentage: 1, backgroundColor: fill(series.look, ink), pointStyle: "rect", stack: "bars", order: 2 };
}

// Chart.js orders its legend by what is drawn on top, and forgets the dashes.
function legend(chart) {
  const items = Chart.defaults.plugins.legend.labels.generateLabels(chart);
  for (const item of items) Object.assign(item, { lineDash: chart.data.datasets[item.datasetIndex].borderDash, lineWidth: 2 });
  return items.sort((a, b) => a.datasetIndex - b.datasetIndex);
}

function axis(side, more) {
  const labels = new Map(side.ticks);
  return {
    type: "linear", min: side.min, max: side.max, ...more,
    afterBuildTicks: (scale) => { scale.ticks = side.ticks.map(([value]) => ({ value })); },
    ticks: { color: color("--soft"), maxRotation: 0, callback: (value) => labels.get(value), ...more.ticks },
    border: { color: color("--line") },
  };
}

function draw(canvas) {
  const spec = JSON.parse(document.getElementById(`${canvas.dataset.chart}-spec`).textContent);
  const rows = document.getElementById(`${canvas.dataset.chart}-table`).tBodies[0].rows;
  // The table has its newest row first.
  const row = (index) => rows[rows.length - 1 - index];
  Chart.getChart(canvas)?.destroy();
  new Chart(canvas, {
    data: { datasets: spec.series.map((series) => dataset(series, spec.x.places)) },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      scales: {
        x: axis(spec.x, { stacked: true, offset: false, grid: { display: false }, ticks: { autoSkipPadding: 20 } }),
        y: axis(spec.y, { stacked: spec.series.some((series) => STROKES[series.look]), grid: { color: color("--line") }, ticks: {} }),
      },
      plugins: {
        legend: { align: "start", labels: { usePointStyle: true, padding: 14, color: color("--ink"), generateLabels: legend } },
        tooltip: {
          callbacks: {
            title: (items) => row(items[0].dataIndex).cells[0].textContent,
            label: (item) => `${item.dataset.label}: ${row(item.dataIndex).cells[item.datasetIndex + 1].textContent}`,
          },
        },
      },
    },
  });
}

function drawAll() {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  document.querySelectorAll("[data-chart]").forEach(draw);
}

drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
