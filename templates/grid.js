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
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

function playInPlace(cell) {
	if (playing.has(cell) || player.open || reducedMotion.matches) return;
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
	player.querySelector(".link").href = "#gop=" + cell.dataset.gop;
	player.dataset.gop = cell.dataset.gop;
	const all = shown(), at = all.indexOf(cell);
	player.querySelector(".previous").disabled = at <= 0;
	player.querySelector(".next").disabled = at < 0 || at === all.length - 1;
	if (!player.open) player.showModal();
	remember("#gop=" + cell.dataset.gop);
	video.play().catch(() => {}); // browsers want a click first, which the controls take
}

function step(by) {
	const all = shown(), at = all.indexOf(cellOf(player.dataset.gop)) + by;
	if (at >= 0 && at < all.length) openPlayer(all[at]);
}

player.querySelector("video").addEventListener("error", event => {
	if (!player.open) return;
	const complaint = player.querySelector(".complaint");
	const { codec, mime } = player.dataset;
	const unknown = !event.target.canPlayType(`video/mp4; codecs="${mime}"`);
	complaint.textContent = unknown ? `This browser has no decoder for ${codec} (${mime}).` : "The GOP did not come, or this browser cannot play it.";
	complaint.textContent += " It can be downloaded, and played by another player.";
	complaint.hidden = false;
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
	const link = event.target.closest("a.still");
	if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
	event.preventDefault();
	openPlayer(link.closest("li"));
});

function remember(hash) {
	history.replaceState(null, "", location.pathname + location.search + hash);
}

// The chart leads to the cell of the GOP at that time.
const chart = document.querySelector("svg.chart");
const starts = cells.map(cell => Number(cell.dataset.start)); // seconds, ascending
const from = starts[0], to = Number(cells[cells.length - 1]?.dataset.end);

// cellAt is the cell of the GOP under the pointer.
function cellAt(event) {
	const box = chart.getBoundingClientRect();
	const time = from + (event.clientX - box.left) / box.width * (to - from);
	let low = 0, high = starts.length - 1;
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		if (starts[middle] <= time) low = middle;
		else high = middle - 1;
	}
	return cells[low];
}

// A keyboard moves over the chart as over a slider.
let pointed = 0; // the number of a GOP

function point(number) {
	pointed = Math.min(Math.max(number, 0), cells.length - 1);
	const cell = cells[pointed];
	const badges = [...cell.querySelectorAll(".badge")].map(badge => badge.textContent);
	const text = ["GOP " + pointed, cell.querySelector("dd").textContent, cell.querySelector("dd.bytes").textContent, ...badges].join(", ");
	chart.setAttribute("aria-valuenow", pointed);
	chart.setAttribute("aria-valuetext", text);
	document.querySelector(".pointed").textContent = text;
	const cursor = chart.querySelector(".cursor");
	const x = 1000 * (starts[pointed] - from) / (to - from);
	cursor.setAttribute("d", `M${x} 0v100`);
}

const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity };

if (chart) {
	for (const [name, value] of Object.entries({ role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": cells.length - 1 }))
		chart.setAttribute(name, value);
	point(0);
	chart.addEventListener("click", event => goTo(cellAt(event)));
	chart.addEventListener("pointermove", event => point(Number(cellAt(event).dataset.gop)));
	chart.addEventListener("keydown", event => {
		if (event.key === "Enter") goTo(cells[pointed]);
		else if (event.key in steps) point(pointed + steps[event.key]);
		else return;
		event.preventDefault();
	});
}

function goTo(cell) {
	if (cell.hidden) {
		controls.show.value = "all";
		arrange();
	}
	remember("#gop=" + cell.dataset.gop);
	for (const marked of grid.querySelectorAll(".marked")) marked.classList.remove("marked");
	cell.classList.add("marked");
	if (chart) point(Number(cell.dataset.gop));
	cell.scrollIntoView({ block: "center" });
	cell.querySelector("a.still").focus({ preventScroll: true });
}

// Filter and order.
const controls = document.querySelector("form.controls").elements;
const orders = {
	time: (a, b) => a.dataset.gop - b.dataset.gop,
	size: (a, b) => b.dataset.bytes - a.dataset.bytes,
	odd: (a, b) => (b.dataset.odd ?? 0) - (a.dataset.odd ?? 0) || a.dataset.gop - b.dataset.gop,
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

// The address says which GOP is meant, from the first moment and when somebody changes it.
function follow() {
	const wanted = location.hash.match(/^#gop[-=](\d+)$/);
	if (wanted && cellOf(wanted[1])) goTo(cellOf(wanted[1]));
}

addEventListener("hashchange", () => { if (!player.open) follow(); });
follow();
