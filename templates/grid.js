// The page of a video's GOPs works without this script; with it, GOPs play in place, and in a player.
"use strict";

const maxPlaying = 4; // video elements alive at a time, the player's own included
const hoverDelay = 120; // ms, so that a pointer that passes by starts nothing

const grid = document.querySelector("ol.grid");
const cells = [...grid.children];
const cellOf = number => document.getElementById("gop-" + number);
const player = document.querySelector("dialog.player");
const playing = new Map(); // cells to their videos, the oldest first

// Playing in place: muted, from the first moment of a hover or focus to its last.
function playInPlace(cell) {
	if (playing.has(cell) || player.open) return;
	while (playing.size >= maxPlaying - 1) stopInPlace(playing.keys().next().value);
	const video = document.createElement("video");
	video.muted = true;
	video.playsInline = true;
	video.tabIndex = -1;
	video.setAttribute("aria-hidden", "true");
	video.src = cell.dataset.play;
	video.addEventListener("error", () => stopInPlace(cell));
	cell.querySelector("a.still").append(video);
	playing.set(cell, video);
	video.play().catch(() => {}); // it was stopped before it began
}

function stopInPlace(cell) {
	const video = playing.get(cell);
	if (!video) return;
	playing.delete(cell);
	video.remove();
	video.removeAttribute("src"); // what is on its way is no longer wanted
	video.load();
}

for (const [begin, end] of [["pointerenter", "pointerleave"], ["focusin", "focusout"]]) {
	let timer;
	const capture = begin === "pointerenter"; // these do not bubble
	grid.addEventListener(begin, event => {
		const cell = event.target.closest?.("li");
		if (!cell || capture && event.target !== cell) return;
		clearTimeout(timer);
		timer = setTimeout(() => playInPlace(cell), hoverDelay);
	}, capture);
	grid.addEventListener(end, event => {
		const cell = event.target.closest?.("li");
		if (!cell || capture && event.target !== cell || cell.contains(event.relatedTarget)) return;
		clearTimeout(timer);
		stopInPlace(cell);
	}, capture);
}

// The player: one GOP with controls. The URL says which.
const shown = () => cells.filter(cell => !cell.hidden);

function openPlayer(cell) {
	for (const other of [...playing.keys()]) stopInPlace(other);
	const video = player.querySelector("video");
	const complaint = player.querySelector(".complaint");
	complaint.hidden = true;
	video.src = cell.dataset.play;
	player.querySelector("h2").textContent = cell.querySelector("h2").textContent.trim();
	player.querySelector(".download").href = cell.querySelector("h2 a").href;
	player.querySelector(".download").download = cell.querySelector("h2 a").download;
	player.dataset.gop = cell.dataset.gop;
	const all = shown(), at = all.indexOf(cell);
	player.querySelector(".previous").disabled = at <= 0;
	player.querySelector(".next").disabled = at < 0 || at === all.length - 1;
	if (!player.open) player.showModal();
	remember("#gop-" + cell.dataset.gop);
	video.play().catch(() => {}); // browsers want a click first, which the controls take
}

function step(by) {
	const all = shown(), at = all.indexOf(cellOf(player.dataset.gop)) + by;
	if (at >= 0 && at < all.length) openPlayer(all[at]);
}

player.querySelector("video").addEventListener("error", () => {
	if (player.open) player.querySelector(".complaint").hidden = false;
});
player.querySelector(".previous").addEventListener("click", () => step(-1));
player.querySelector(".next").addEventListener("click", () => step(1));
player.querySelector(".close").addEventListener("click", () => player.close());
player.addEventListener("keydown", event => {
	if (event.target.tagName === "VIDEO" && event.key !== "Escape") return; // which seeks by them
	if (event.key === "ArrowLeft") step(-1);
	else if (event.key === "ArrowRight") step(1);
	else return;
	event.preventDefault();
});
player.addEventListener("close", () => {
	if (player.open) return; // again, since the event comes a moment later
	const video = player.querySelector("video");
	video.pause();
	video.removeAttribute("src");
	video.load();
	const cell = cellOf(player.dataset.gop);
	cell.scrollIntoView({ block: "nearest" });
	cell.querySelector("a.still").focus({ preventScroll: true });
});
grid.addEventListener("click", event => {
	const still = event.target.closest("a.still");
	if (!still || event.ctrlKey || event.metaKey || event.shiftKey) return;
	event.preventDefault();
	openPlayer(still.closest("li"));
});

function remember(hash) {
	history.replaceState(null, "", location.pathname + location.search + hash);
}

// The chart leads to the cell of the GOP at that time.
const chart = document.querySelector("svg.chart");
const starts = cells.map(cell => Number(cell.dataset.start)); // seconds, ascending
chart?.addEventListener("click", event => {
	const box = chart.getBoundingClientRect();
	const last = cells[cells.length - 1];
	const from = starts[0], to = Number(last.dataset.end);
	const time = from + (event.clientX - box.left) / box.width * (to - from);
	let low = 0, high = starts.length - 1;
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		if (starts[middle] <= time) low = middle;
		else high = middle - 1;
	}
	goTo(cells[low]);
});

function goTo(cell) {
	if (cell.hidden) {
		controls.show.value = "all";
		arrange();
	}
	remember("#gop-" + cell.dataset.gop);
	for (const marked of grid.querySelectorAll(".marked")) marked.classList.remove("marked");
	cell.classList.add("marked");
	cell.scrollIntoView({ block: "center" });
	cell.querySelector("a.still").focus({ preventScroll: true });
}

// Filter and order.
const controls = document.querySelector("form.controls").elements;
const orders = {
	time: (a, b) => a.dataset.gop - b.dataset.gop,
	size: (a, b) => b.dataset.bytes - a.dataset.bytes,
	duration: (a, b) => (b.dataset.end - b.dataset.start) - (a.dataset.end - a.dataset.start),
};

let order = "time"; // that the cells are in

function arrange() {
	const odd = controls.show.value === "odd";
	for (const cell of cells) cell.hidden = odd && !cell.dataset.odd;
	if (order !== controls.order.value) {
		order = controls.order.value;
		grid.append(...[...cells].sort(orders[order]));
	}
	document.querySelector(".count").textContent = `${shown().length} of ${cells.length}`;
}

document.querySelector("form.controls").hidden = false;
document.querySelector("form.controls").addEventListener("change", arrange);
arrange();

const wanted = location.hash.match(/^#gop[-=](\d+)$/);
if (wanted && cellOf(wanted[1])) goTo(cellOf(wanted[1]));
