// The page of a video's GOPs works without its scripts, which share their names: grid.js has the cells, and which
// of them are shown in what order; player.js plays them, chart.js is the timeline, address.js what the URL says.
"use strict";

const grids = [...document.querySelectorAll("ol.grid")]; // the page's cells in portions, see Grid.Rows
const portion = Math.max(1, grids[0]?.children.length ?? 1);
const cells = grids.flatMap(grid => [...grid.children]); // by the GOPs' numbers
const numberOf = cell => Number(cell.id.slice("gop-".length));

const controls = document.querySelector("form.controls");
const show = controls.elements.show, order = controls.elements.order;

const duration = cell => cell.dataset.end - cell.dataset.start; // seconds
const odd = cell => Number(cell.dataset.odd ?? 0);
const orders = { // among equals, time decides
	time: () => 0,
	size: (a, b) => b.dataset.bytes - a.dataset.bytes,
	duration: (a, b) => duration(b) - duration(a),
	odd: (a, b) => odd(b) - odd(a),
};

let shown = cells; // in their order on the page
let arranged = "all time";

// arrange brings the cells to what the controls say. Those that are left out leave the page, so that it has
// no more to lay out than it shows.
function arrange() {
	const wanted = show.value + " " + order.value;
	if (wanted !== arranged) {
		arranged = wanted;
		shown = cells.filter(cell => show.value === "all" || odd(cell)).sort(orders[order.value]);
		grids.forEach((grid, i) => {
			const some = shown.slice(i * portion, (i + 1) * portion);
			grid.replaceChildren(...some);
			grid.hidden = some.length === 0;
		});
	}
	controls.querySelector(".count").textContent = shown.length > 0 ? `${shown.length} of ${cells.length}` : "No GOP here is odd.";
}

let marked; // the cell that the address means

function mark(cell) {
	marked?.classList.remove("marked");
	marked = cell;
	marked?.classList.add("marked");
}

// goTo shows a cell, whatever the controls said.
function goTo(cell) {
	if (!cell.isConnected) {
		show.value = "all";
		arrange();
	}
	mark(cell);
	remember();
	point(numberOf(cell));
	cell.scrollIntoView({ block: "center" });
	cell.querySelector("a.still").focus({ preventScroll: true });
}
