// Plays a GOP, muted, in its cell while the pointer is over it or it has the focus.

import { controls, linkOf } from "./cells.js";
import { hasNoVideo, unload } from "./playback.js";
import { player } from "./player-elements.js";

const maxVideos = 4; // video elements in the page, including the player's
const delay = 120; // ms, so that a pointer that passes over cells loads nothing

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const videos = new Map(); // from cell to video element, the oldest first

function playInCell(cell) {
	if (videos.has(cell) || player.open || reducedMotion.matches) return;
	while (videos.size >= maxVideos - 1) stopInCell(videos.keys().next().value);
	const link = linkOf(cell);
	const video = document.createElement("video");
	video.muted = true;
	video.playsInline = true;
	video.tabIndex = -1;
	video.setAttribute("aria-hidden", "true");
	video.src = link.href;
	for (const type of ["error", "loadedmetadata"])
		video.addEventListener(type, () => { if (hasNoVideo(video)) stopInCell(cell); });
	link.append(video);
	videos.set(cell, video);
	video.play().catch(() => {}); // stopped before it began
}

function stopInCell(cell) {
	const video = videos.get(cell);
	if (!video) return;
	videos.delete(cell);
	video.remove();
	unload(video);
}

export const stopAllCells = () => [...videos.keys()].forEach(stopInCell);

const grids = document.querySelector(".grids");
for (const [startType, endType] of [["pointerenter", "pointerleave"], ["focusin", "focusout"]]) {
	let timer;
	const capture = startType === "pointerenter"; // pointerenter and pointerleave do not bubble
	grids.addEventListener(startType, event => {
		const cell = event.target.closest?.("li");
		if (!cell || capture && event.target !== cell) return;
		clearTimeout(timer);
		timer = setTimeout(() => playInCell(cell), delay);
	}, capture);
	grids.addEventListener(endType, event => {
		const cell = event.target.closest?.("li");
		if (!cell || capture && event.target !== cell || cell.contains(event.relatedTarget)) return;
		clearTimeout(timer);
		stopInCell(cell);
	}, capture);
}
// A cell that leaves the document gets no pointerleave.
controls.addEventListener("change", stopAllCells);
grids.addEventListener("cellschange", () => {
	[...videos.keys()].filter(cell => !cell.isConnected).forEach(stopInCell);
});
