// The player: a dialog that plays one GOP and steps through the cells of the page.

import { linkOf, neighborOf, reveal, select, textOf } from "./cells.js";
import { applyFilters } from "./filters.js";
import { stopAllCells } from "./hover-playback.js";
import { currentCell, load, play, unfilteredURL, unload } from "./playback.js";
import {
	closeButton, downloadLink, gopLink, gopText, nextButton, player, previousButton, title, video,
} from "./player-elements.js";
import { cancelPreview } from "./preview.js";
import { saveState } from "./url-state.js";

function openPlayer(cell) {
	stopAllCells();
	load(cell);
	title.replaceChildren(...cell.querySelector("h2").cloneNode(true).childNodes);
	gopText.textContent = textOf(cell);
	downloadLink.download = cell.querySelector("a.download").download;
	previousButton.disabled = !neighborOf(cell, -1);
	nextButton.disabled = !neighborOf(cell, 1);
	if (!player.open) {
		player.showModal();
		player.focus(); // not the video, which uses the arrow keys to seek
	} else if (document.activeElement?.disabled) {
		player.focus(); // a disabled button gets no keys
	}
	select(cell);
	saveState();
	gopLink.href = location.hash;
	if (!applyFilters()) play(unfilteredURL());
}

function step(by) {
	const cell = neighborOf(currentCell, by);
	if (cell) openPlayer(cell);
}

previousButton.addEventListener("click", () => step(-1));
nextButton.addEventListener("click", () => step(1));
closeButton.addEventListener("click", () => player.close());

// After a click on the video the arrow keys step. After a Tab into the video they seek.
video.addEventListener("pointerup", () => player.focus());
player.addEventListener("keydown", event => {
	if (event.altKey || event.ctrlKey || event.metaKey) return;
	if (event.target === video || event.target.closest(".filter-panel, .filter-actions")) return;
	if (event.key === "ArrowLeft") step(-1);
	else if (event.key === "ArrowRight") step(1);
	else return;
	event.preventDefault();
});

// A click on the backdrop closes the player, unless the press began inside, such as while drawing a crop.
let pressed;
player.addEventListener("pointerdown", event => { pressed = event.target; });
player.addEventListener("click", event => {
	if (event.target !== player || pressed !== player) return;
	const { left, right, top, bottom } = player.getBoundingClientRect();
	const { clientX: x, clientY: y } = event;
	if (x < left || x >= right || y < top || y >= bottom) player.close();
});

player.addEventListener("close", () => {
	if (player.open) return; // reopened, because the event is asynchronous
	cancelPreview();
	unload(video);
	if (reveal(currentCell)) {
		currentCell.scrollIntoView({ block: "nearest" });
		linkOf(currentCell).focus({ preventScroll: true });
	}
});

document.querySelector(".grids").addEventListener("click", event => {
	const link = event.target.closest("a.thumbnail");
	if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
	event.preventDefault();
	openPlayer(link.closest("li"));
});
