// The GOP cells of the page: which of them are shown, in which order, and which one is selected. Of a video
// with many GOPs, the document has only the cells around the viewport: a window of the shown GOPs that moves
// as the user scrolls.

import { ends, firstNumber, gopCount, irregular, pageCells, sizes, starts } from "./gop-columns.js";
import { newCell } from "./new-cell.js";

const cellsPerList = 60; // see GOPsPage.Lists
const newLists = 9; // of a window that begins elsewhere
const maxLists = 20; // in the document

const grids = document.querySelector(".grids");
const cells = new Map(pageCells.map((cell, i) => [firstNumber + i, cell])); // by GOP number

export const numberOf = cell => Number(cell.id.slice("gop-".length));
export const linkOf = cell => cell.querySelector("a.thumbnail"); // to the mp4 to play
export const textOf = cell => [...cell.querySelectorAll("p")].map(p => p.textContent).join(", ");

// cellOf returns the cell of a GOP, which may be outside the document.
export function cellOf(number) {
	if (!cells.has(number)) {
		if (cells.size > 2 * maxLists * cellsPerList) forgetCells();
		cells.set(number, newCell(number));
	}
	return cells.get(number);
}

// forgetCells drops the cells that are outside the document.
function forgetCells() {
	for (const [number, cell] of cells)
		if (!cell.isConnected && cell !== selectedCell) cells.delete(number);
}

// The controls. Their values are part of the page's URL, see url-state.js.
export const controls = document.querySelector("form.controls");
export const { show, order } = controls.elements;

const durationOf = number => ends[number] - starts[number]; // seconds

const comparisons = { // the sort is stable, so equal GOPs stay in time order
	time: () => 0,
	size: (a, b) => sizes[b] - sizes[a],
	duration: (a, b) => durationOf(b) - durationOf(a),
	odd: (a, b) => irregular.has(b) - irregular.has(a),
};

const allNumbers = Array.from({ length: gopCount }, (_, number) => number);
let shown = allNumbers; // numbers of the GOPs in page order
let arrangement = "all time"; // of shown: the values of show and order

// arrange shows the GOPs that the controls select.
export function arrange() {
	const selected = show.value + " " + order.value;
	if (selected !== arrangement) {
		arrangement = selected;
		shown = allNumbers
			.filter(number => show.value === "all" || irregular.has(number))
			.sort(comparisons[order.value]);
		moveWindow(0);
	}
	controls.querySelector(".count").textContent = shown.length > 0
		? `${shown.length} of ${gopCount}`
		: "No GOP is irregular.";
}

// neighborOf returns the cell that is some places after another one, or undefined.
export function neighborOf(cell, places) {
	const position = shown.indexOf(numberOf(cell));
	const number = position < 0 ? undefined : shown[position + places];
	return number === undefined ? undefined : cellOf(number);
}

// reveal brings a cell into the document. It reports false if the filter hides the cell.
export function reveal(cell) {
	if (cell.isConnected) return true;
	const position = shown.indexOf(numberOf(cell));
	if (position < 0) return false;
	cells.set(numberOf(cell), cell);
	moveWindow(Math.max(0, (Math.floor(position / cellsPerList) - 1) * cellsPerList));
	return true;
}

export let selectedCell; // undefined if there is none

export function select(cell) {
	selectedCell?.classList.remove("selected");
	selectedCell = cell;
	selectedCell?.classList.add("selected");
}

// The window: positions in shown of the first cell of each list in the document, and of the end of the last.
let starting = [...grids.children].map((_, i) => firstNumber + i * cellsPerList);
let ending = firstNumber + pageCells.length;

const cellsAt = (start, end) => shown.slice(start, end).map(cellOf);

function listOf(cells) {
	const list = document.createElement("ol");
	list.className = "grid";
	list.append(...cells);
	return list;
}

// moveWindow replaces the lists by those that begin at a position.
function moveWindow(position) {
	starting = [];
	ending = position;
	grids.replaceChildren();
	while (starting.length < newLists && append()) continue;
	afterChange();
}

// append adds a list after the others, or completes the last one, and removes the first if there are too
// many. It reports false if there are no more cells.
function append() {
	if (ending >= shown.length) return false;
	const room = starting.length > 0 ? starting.at(-1) + cellsPerList - ending : 0;
	if (room > 0) {
		grids.lastElementChild.append(...cellsAt(ending, ending + room));
		ending = Math.min(ending + room, shown.length);
		return true;
	}
	starting.push(ending);
	grids.append(listOf(cellsAt(ending, ending + cellsPerList)));
	ending = Math.min(ending + cellsPerList, shown.length);
	if (starting.length > maxLists) {
		starting.shift();
		grids.firstElementChild.remove();
	}
	return true;
}

// prepend adds a list before the others, and removes the last if there are too many. It reports false if
// there are no more cells.
function prepend() {
	const end = starting[0] ?? 0;
	if (end <= 0) return false;
	const position = Math.max(0, end - cellsPerList);
	starting.unshift(position);
	grids.prepend(listOf(cellsAt(position, end)));
	if (starting.length > maxLists) {
		ending = starting.pop();
		grids.lastElementChild.remove();
	}
	return true;
}

// Elements before and after the lists: when one comes near the viewport, the window grows there.
const [before, after] = ["before", "after"].map(place => {
	const edge = document.createElement("div");
	grids[place](edge);
	return edge;
});
const edges = new IntersectionObserver(entries => {
	let hasGrown = false;
	for (const { target, isIntersecting } of entries)
		if (isIntersecting) hasGrown = (target === before ? prepend() : append()) || hasGrown;
	if (hasGrown) afterChange();
}, { rootMargin: "200% 0px" });

// afterChange observes the edges again, because they may still be near the viewport.
function afterChange() {
	for (const edge of [before, after]) {
		edges.unobserve(edge);
		edges.observe(edge);
	}
	grids.dispatchEvent(new Event("cellschange"));
}

for (const nav of document.querySelectorAll("nav.pages")) nav.remove();
afterChange();
