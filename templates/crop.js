// The crop filter, typed or drawn on the keyframe. Its unit is a pixel of the displayed frame, before the
// filters that rotate and scale.

import { currentCell } from "./playback.js";
import { cropArea, cropFrame, filterForm, player } from "./player-elements.js";
import { addParameters } from "./urls.js";

const inputs = [...filterForm.elements.crop]; // width, height, left, top
const frameWidth = Number(player.dataset.width), frameHeight = Number(player.dataset.height);
const minSize = 16;
const toEven = n => n - n % 2;

// cropValue returns the value of the crop parameter, or "" if all inputs are empty. A missing width or height
// extends to the edge of the frame.
export function cropValue() {
	const [width, height, left, top] = inputs.map(input => input.value);
	if (!width && !height && !left && !top) return "";
	const size = (width || toEven(frameWidth - left)) + ":" + (height || toEven(frameHeight - top));
	return left || top ? `${size}:${left || 0}:${top || 0}` : size;
}

// showCrop outlines the crop on the whole keyframe of the current GOP. A crop without an offset is centered.
export function showCrop() {
	const image = cropFrame.querySelector("img");
	const url = addParameters(currentCell.querySelector("img").src, ["width=640"]);
	if (image.src !== url) image.src = url;
	image.style.aspectRatio = `auto ${frameWidth} / ${frameHeight}`; // reserves space while it loads
	cropArea.hidden = !cropValue();
	const [width, height, left, top] = cropValue().split(":").map(Number);
	const centered = (frameSize, size) => toEven((toEven(frameSize) - size) / 2);
	cropArea.style.left = 100 * (left ?? centered(frameWidth, width)) / frameWidth + "%";
	cropArea.style.top = 100 * (top ?? centered(frameHeight, height)) / frameHeight + "%";
	cropArea.style.width = 100 * width / frameWidth + "%";
	cropArea.style.height = 100 * height / frameHeight + "%";
}

// positionOf returns the x and y of a pointer in pixels of the frame.
function positionOf(event) {
	const box = cropFrame.getBoundingClientRect();
	const toPixels = (fraction, size) => Math.min(Math.max(fraction, 0), 1) * toEven(size);
	return [
		toPixels((event.clientX - box.left) / box.width, frameWidth),
		toPixels((event.clientY - box.top) / box.height, frameHeight),
	];
}

// rangeOf returns the start and the length of the range between two positions. Both are even, and the length
// is at least minSize.
function rangeOf(a, b, frameSize) {
	const min = Math.min(minSize, toEven(frameSize));
	const start = Math.min(2 * Math.round(Math.min(a, b) / 2), toEven(frameSize) - min);
	return [start, Math.max(2 * Math.round(Math.max(a, b) / 2) - start, min)];
}

let corner; // where the user began to draw; undefined while the user does not draw
cropFrame.addEventListener("pointerdown", event => {
	if (event.button !== 0) return;
	event.preventDefault();
	cropFrame.setPointerCapture(event.pointerId);
	corner = positionOf(event);
});
cropFrame.addEventListener("pointermove", event => {
	if (!corner) return;
	const [x, y] = positionOf(event);
	const [left, width] = rangeOf(corner[0], x, frameWidth);
	const [top, height] = rangeOf(corner[1], y, frameHeight);
	[width, height, left, top].forEach((n, i) => { inputs[i].value = n; });
	filterForm.dispatchEvent(new Event("input"));
});
for (const type of ["pointerup", "pointercancel"])
	cropFrame.addEventListener(type, () => { corner = undefined; });
