// GOPs play in place, under the pointer or the focus, and in the player.
"use strict";

const maxPlaying = 4; // video elements alive at a time, the player's own included
const hoverDelay = 120; // ms, so that a pointer that passes by starts nothing

// Playing in place: muted, from the first moment of a hover or focus to its last.
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const playing = new Map(); // cells to their videos, the oldest first

function playInPlace(cell) {
	if (playing.has(cell) || player.open || reducedMotion.matches) return;
	while (playing.size >= maxPlaying - 1) stopInPlace(playing.keys().next().value);
	const still = cell.querySelector("a.still");
	const video = document.createElement("video");
	video.muted = true;
	video.playsInline = true;
	video.tabIndex = -1;
	video.setAttribute("aria-hidden", "true");
	video.src = still.href;
	for (const event of ["error", "loadedmetadata"])
		video.addEventListener(event, () => { if (showsNothing(video)) stopInPlace(cell); });
	still.append(video);
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

// showsNothing tells whether a video cannot be played. Where a browser has no decoder for the pictures but one for the
// sound, it plays that, and calls it no error.
const showsNothing = video => video.error || video.readyState > 0 && video.videoWidth === 0;

const stopAllInPlace = () => [...playing.keys()].forEach(stopInPlace);

const page = document.querySelector(".grids");
for (const [begin, end] of [["pointerenter", "pointerleave"], ["focusin", "focusout"]]) {
	let timer;
	const capture = begin === "pointerenter"; // these do not bubble
	page.addEventListener(begin, event => {
		const cell = event.target.closest?.("li");
		if (!cell || capture && event.target !== cell) return;
		clearTimeout(timer);
		timer = setTimeout(() => playInPlace(cell), hoverDelay);
	}, capture);
	page.addEventListener(end, event => {
		const cell = event.target.closest?.("li");
		if (!cell || capture && event.target !== cell || cell.contains(event.relatedTarget)) return;
		clearTimeout(timer);
		stopInPlace(cell);
	}, capture);
}
controls.addEventListener("change", stopAllInPlace); // a cell may leave the page without a word

// The player: one GOP with controls.
const player = document.querySelector("dialog.player");
const playerVideo = player.querySelector("video");
const part = name => player.querySelector("." + name);
let played; // the cell of the GOP that is in the player

function openPlayer(cell) {
	stopAllInPlace();
	played = cell;
	part("complaint").hidden = true;
	playerVideo.src = plain();
	player.querySelector("h2").replaceChildren(...cell.querySelector("h2").cloneNode(true).childNodes);
	part("about").textContent = [...cell.querySelectorAll("p")].map(p => p.textContent).join(", ");
	part("download").download = cell.querySelector("a.download").download;
	const at = shown.indexOf(cell);
	part("previous").disabled = at <= 0;
	part("next").disabled = at < 0 || at === shown.length - 1;
	if (!player.open) {
		player.showModal();
		player.focus(); // not the video, which seeks by the arrow keys
	} else if (document.activeElement?.disabled) {
		player.focus(); // where keys would be lost
	}
	mark(cell);
	remember();
	part("link").href = location.hash;
	if (!refilter()) play(plain());
}

let needsEncoding = false; // since this browser has no decoder, and its user said so

// plain is the address of the GOP without filters.
function plain() {
	const { href } = played.querySelector("a.still");
	return needsEncoding ? withFilters(href, ["codec=h264"]) : href;
}

function play(href) {
	cover(false);
	part("complaint").hidden = true;
	if (playerVideo.src !== href || showsNothing(playerVideo)) playerVideo.src = href;
	playerVideo.play().catch(() => {}); // browsers want a click first, which the controls take
}

function complain(words, offersEncoding = false) {
	part("complaint").firstElementChild.textContent = words;
	part("encode").hidden = !offersEncoding;
	part("complaint").hidden = false;
}

function step(by) {
	const cell = shown[shown.indexOf(played) + by];
	if (cell) openPlayer(cell);
}

// explain says why the video does not play, if so.
function explain() {
	part("complaint").hidden = true;
	if (!player.open || !showsNothing(playerVideo)) return;
	const src = playerVideo.src;
	if (/[?&]codec=/.test(src) || src !== plain()) { // it is H.264, and was made for this
		refusalOf(src).then(words => { if (playerVideo.src === src) complain(words); });
		return;
	}
	const { codec, mime } = player.dataset;
	const unknown = !playerVideo.canPlayType(`video/mp4; codecs="${mime}"`);
	const words = unknown ? `This browser has no decoder for ${codec} (${mime}).` : "The GOP did not come, or this browser cannot play it.";
	complain(words + " It can be downloaded, and played by another player.", true);
}

for (const event of ["error", "loadedmetadata"]) playerVideo.addEventListener(event, explain);
part("encode").addEventListener("click", () => {
	player.focus(); // the button goes
	needsEncoding = true;
	play(plain());
});
// Who uses the controls by a pointer keeps the arrow keys for the player; who does so by keyboard seeks by them.
playerVideo.addEventListener("pointerup", () => player.focus());
part("previous").addEventListener("click", () => step(-1));
part("next").addEventListener("click", () => step(1));
part("close").addEventListener("click", () => player.close());
// A click beside it closes the player; what began in it, such as the drawing of a crop, may end there.
let pressed;
player.addEventListener("pointerdown", event => { pressed = event.target; });
player.addEventListener("click", event => {
	if (event.target !== player || pressed !== player) return;
	const box = player.getBoundingClientRect();
	const inside = event.clientX >= box.left && event.clientX < box.right && event.clientY >= box.top && event.clientY < box.bottom;
	if (!inside) player.close();
});
player.addEventListener("keydown", event => {
	if (event.target === playerVideo || event.target.closest(".panel, .outcome") || event.altKey || event.ctrlKey || event.metaKey) return;
	if (event.key === "ArrowLeft") step(-1);
	else if (event.key === "ArrowRight") step(1);
	else return;
	event.preventDefault();
});
player.addEventListener("close", () => {
	if (player.open) return; // again, since the event comes a moment later
	forgetPreview();
	playerVideo.pause();
	playerVideo.removeAttribute("src");
	playerVideo.load();
	if (played.isConnected) {
		played.scrollIntoView({ block: "nearest" });
		played.querySelector("a.still").focus({ preventScroll: true });
	}
});
page.addEventListener("click", event => {
	const link = event.target.closest("a.still");
	if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
	event.preventDefault();
	openPlayer(link.closest("li"));
});
