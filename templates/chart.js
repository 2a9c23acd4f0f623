// The chart leads to the cell of the GOP at that time, by a pointer, and by keyboard as a slider does.
"use strict";

const chart = document.querySelector(".chart"); // none where there is one GOP
const starts = cells.map(cell => Number(cell.dataset.start)); // seconds, ascending
const from = starts[0], to = Number(cells.at(-1)?.dataset.end);
let pointed = 0; // the number of a GOP

const leastOdd = (to - from) * 2 / 1000; // seconds that the bar of an odd one takes at least
const oddBars = []; // as they are drawn, see Grid.Chart: of several in one place, the highest

for (const [number, cell] of cells.entries()) {
	if (!odd(cell)) continue;
	const width = Math.max(leastOdd, duration(cell)), start = Math.min(starts[number], to - width);
	const last = oddBars.at(-1);
	if (last?.width !== width || start - last.start >= width / 2) oddBars.push({ number, start, width });
	else if (Number(cell.dataset.bytes) > cells[last.number].dataset.bytes) last.number = number;
}

// numberAt is the number of the GOP whose bar is under the pointer.
function numberAt(event) {
	const box = chart.firstElementChild.getBoundingClientRect(); // what is drawn, without the border
	const time = from + (event.clientX - box.left) / box.width * (to - from);
	const bar = oddBars[lastBefore(time, oddBars.length, i => oddBars[i].start)];
	if (bar && bar.start <= time && time < bar.start + bar.width) return bar.number; // which is drawn over the others
	return lastBefore(time, starts.length, i => starts[i]);
}

// lastBefore is the last of so many that is not after a time, or else the first.
function lastBefore(time, count, timeOf) {
	let low = 0, high = count - 1;
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		if (timeOf(middle) <= time) low = middle;
		else high = middle - 1;
	}
	return low;
}

// point has the chart tell of a GOP.
function point(number) {
	if (!chart) return;
	pointed = Math.min(Math.max(number, 0), cells.length - 1);
	const cell = cells[pointed];
	const badges = [...cell.querySelectorAll(".badge")].map(badge => badge.textContent);
	const text = ["GOP " + pointed, ...badges, ...[...cell.querySelectorAll("p")].map(p => p.textContent)].join(", ");
	chart.setAttribute("aria-valuenow", pointed);
	chart.setAttribute("aria-valuetext", text);
	document.querySelector(".pointed").textContent = text;
	// Apart from the picture, which need not be painted again.
	chart.querySelector(".cursor").style.left = 100 * (starts[pointed] - from) / (to - from) + "%";
}

const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity };

if (chart) {
	for (const [name, value] of Object.entries({ role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": cells.length - 1 }))
		chart.setAttribute(name, value);
	point(0);
	chart.addEventListener("click", event => goTo(cells[numberAt(event)]));
	chart.addEventListener("pointermove", event => point(numberAt(event)));
	chart.addEventListener("keydown", event => {
		if (event.key === "Enter") goTo(cells[pointed]);
		else if (event.key in steps) point(pointed + steps[event.key]);
		else return;
		event.preventDefault();
	});
}
