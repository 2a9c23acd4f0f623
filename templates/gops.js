// The page of a video's GOPs. Without scripts the page has thumbnails and links to the mp4 files.

import "./image-retry.js";
import "./player.js";
import { arrange, controls, linkOf, reveal, select, show } from "./cells.js";
import { pointChartAt, startChart } from "./chart.js";
import { player } from "./player-elements.js";
import { loadState, saveState } from "./url-state.js";

// goTo selects a cell and scrolls to it. If the filter hides the cell, goTo resets the filter.
function goTo(cell) {
	if (!reveal(cell)) {
		show.value = "all";
		arrange();
		reveal(cell);
	}
	select(cell);
	saveState();
	pointChartAt(cell);
	cell.scrollIntoView({ block: "center" });
	linkOf(cell).focus({ preventScroll: true });
}

// applyState brings the page to the state in the URL.
function applyState() {
	const cell = loadState();
	arrange();
	if (cell && reveal(cell)) {
		goTo(cell);
		return;
	}
	select(cell); // undefined, or filtered out
	if (cell) pointChartAt(cell);
}

startChart(goTo);
controls.addEventListener("change", () => {
	arrange();
	saveState();
});
addEventListener("hashchange", () => { if (!player.open) applyState(); });
applyState();
