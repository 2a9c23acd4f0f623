// The GOP cells of the page: which of them are shown, in which order, and which one is selected.

const lists = [...document.querySelectorAll("ol.grid")]; // see GOPsPage.Lists
const cellsPerList = Math.max(1, lists[0]?.children.length ?? 1);

export const cells = lists.flatMap(list => [...list.children]); // by GOP number
export const numberOf = cell => Number(cell.id.slice("gop-".length));
export const durationOf = cell => cell.dataset.end - cell.dataset.start; // seconds
export const isIrregular = cell => "irregular" in cell.dataset;
export const linkOf = cell => cell.querySelector("a.thumbnail"); // to the mp4 to play
export const textOf = cell => [...cell.querySelectorAll("p")].map(p => p.textContent).join(", ");

// The controls. Their values are part of the page's URL, see url-state.js.
export const controls = document.querySelector("form.controls");
export const { show, order } = controls.elements;

const comparisons = { // the sort is stable, so equal cells stay in time order
	time: () => 0,
	size: (a, b) => b.dataset.bytes - a.dataset.bytes,
	duration: (a, b) => durationOf(b) - durationOf(a),
	odd: (a, b) => isIrregular(b) - isIrregular(a),
};

export let shownCells = cells; // in page order
let arrangement = "all time"; // of shownCells: the values of show and order

// arrange shows the cells that the controls select. It removes the others from the document to save layout.
export function arrange() {
	const selected = show.value + " " + order.value;
	if (selected !== arrangement) {
		arrangement = selected;
		shownCells = cells
			.filter(cell => show.value === "all" || isIrregular(cell))
			.sort(comparisons[order.value]);
		lists.forEach((list, i) => {
			const chunk = shownCells.slice(i * cellsPerList, (i + 1) * cellsPerList);
			list.replaceChildren(...chunk);
			list.hidden = chunk.length === 0;
		});
	}
	controls.querySelector(".count").textContent = shownCells.length > 0
		? `${shownCells.length} of ${cells.length}`
		: "No GOP is irregular.";
}

export let selectedCell; // undefined if there is none

export function select(cell) {
	selectedCell?.classList.remove("selected");
	selectedCell = cell;
	selectedCell?.classList.add("selected");
}
