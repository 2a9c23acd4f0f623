// The chart of GOP sizes. A click on a bar opens its GOP. With the keyboard the chart is a slider.

import { cellOf, numberOf, textOf } from "./cells.js";
import { ends, gopCount, irregular, sizes, starts } from "./gop-columns.js";

const chart = document.querySelector(".chart"); // null if the video has a single GOP
const from = starts[0], to = ends.at(-1);
let current = 0; // GOP number of the cursor

// The bars of irregular GOPs as GOPsPage.Chart draws them: they have a minimum width, and only the highest of
// several overlapping bars is drawn.
const minIrregularWidth = (to - from) * 2 / 1000; // seconds
const irregularBars = [];

for (const number of irregular) { // in ascending order
	const width = Math.max(minIrregularWidth, ends[number] - starts[number]);
	const start = Math.min(starts[number], to - width);
	const last = irregularBars.at(-1);
	const overlapsLast = last?.width === width && start - last.start < width / 2;
	if (!overlapsLast) irregularBars.push({ number, start, width });
	else if (sizes[number] > sizes[last.number]) last.number = number;
}

// numberAt returns the number of the GOP whose bar is under the pointer.
function numberAt(event) {
	const box = chart.firstElementChild.getBoundingClientRect(); // without the border
	const time = from + (event.clientX - box.left) / box.width * (to - from);
	const bar = irregularBars[lastNotAfter(time, irregularBars.length, i => irregularBars[i].start)];
	if (bar && bar.start <= time && time < bar.start + bar.width) return bar.number; // drawn on top
	return lastNotAfter(time, starts.length, i => starts[i]);
}

// lastNotAfter returns the last of count indexes whose time is not after time, or 0 if there is none.
function lastNotAfter(time, count, timeOf) {
	let low = 0, high = count - 1;
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		if (timeOf(middle) <= time) low = middle;
		else high = middle - 1;
	}
	return low;
}

// pointChartAt moves the chart's cursor to a GOP and describes that GOP below the chart.
export function pointChartAt(cell) {
	if (!chart) return;
	current = numberOf(cell);
	const badges = [...cell.querySelectorAll(".badge")].map(badge => badge.textContent);
	const text = ["GOP " + current, ...badges, textOf(cell)].join(", ");
	chart.setAttribute("aria-valuenow", current);
	chart.setAttribute("aria-valuetext", text);
	document.querySelector(".chart-value").textContent = text;
	// The cursor is an element of its own, so that moving it does not repaint the bars.
	chart.querySelector(".chart-cursor").style.left = 100 * (starts[current] - from) / (to - from) + "%";
}

const steps = {
	ArrowLeft: -1, ArrowDown: -1, PageDown: -10, Home: -Infinity,
	ArrowRight: 1, ArrowUp: 1, PageUp: 10, End: Infinity,
};

// startChart makes the chart a slider. It calls open with the cell of each GOP that the user picks.
export function startChart(open) {
	if (!chart) return;
	const last = gopCount - 1;
	const clamp = number => Math.min(Math.max(number, 0), last);
	const attributes = { role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": last };
	for (const [name, value] of Object.entries(attributes)) chart.setAttribute(name, value);
	pointChartAt(cellOf(0));
	chart.addEventListener("click", event => open(cellOf(numberAt(event))));
	chart.addEventListener("pointermove", event => pointChartAt(cellOf(numberAt(event))));
	chart.addEventListener("keydown", event => {
		if (event.key === "Enter") open(cellOf(current));
		else if (event.key in steps) pointChartAt(cellOf(clamp(current + steps[event.key])));
		else return;
		event.preventDefault();
	});
}
