// The crop in the panel of filters: drawn on the whole picture, or typed. It counts as the server does, in stored pixels
// of the picture as it stands upright, before it is rotated or scaled.
"use strict";

const whole = part("whole");
const cropInputs = [...form.elements.crop]; // width, height, left, top
const storedWidth = Number(player.dataset.width), storedHeight = Number(player.dataset.height);
const leastCrop = 16;
const even = n => n - n % 2;

// crop is the parameter's value; "" where nothing is given. A side that is not given takes what there is.
function crop() {
	const [width, height, left, top] = cropInputs.map(input => input.value);
	if (!width && !height && !left && !top) return "";
	const size = (width || even(storedWidth - left)) + ":" + (height || even(storedHeight - top));
	return left || top ? `${size}:${left || 0}:${top || 0}` : size;
}

function showWhole() {
	const img = whole.querySelector("img"), area = whole.querySelector(".area");
	const href = withFilters(played.querySelector("img").src, ["width=640"]);
	if (img.src !== href) img.src = href;
	img.style.aspectRatio = `auto ${storedWidth} / ${storedHeight}`; // until it has come, so that nothing moves then
	area.hidden = !crop();
	const [width, height, left = even((even(storedWidth) - width) / 2), top = even((even(storedHeight) - height) / 2)] = crop().split(":").map(Number);
	area.style.left = 100 * left / storedWidth + "%";
	area.style.top = 100 * top / storedHeight + "%";
	area.style.width = 100 * width / storedWidth + "%";
	area.style.height = 100 * height / storedHeight + "%";
}

// placeOf is where a pointer is, in stored pixels of the picture.
function placeOf(event) {
	const box = whole.getBoundingClientRect();
	const within = (share, size) => Math.min(Math.max(share, 0), 1) * even(size);
	return [within((event.clientX - box.left) / box.width, storedWidth), within((event.clientY - box.top) / box.height, storedHeight)];
}

// span is from one place to another, in even numbers, and not too short.
function span(from, to, size) {
	const least = Math.min(leastCrop, even(size));
	const start = Math.min(2 * Math.round(Math.min(from, to) / 2), even(size) - least);
	return [start, Math.max(2 * Math.round(Math.max(from, to) / 2) - start, least)];
}

let corner; // where the drawing of a crop began
whole.addEventListener("pointerdown", event => {
	if (event.button !== 0) return;
	event.preventDefault();
	whole.setPointerCapture(event.pointerId);
	corner = placeOf(event);
});
whole.addEventListener("pointermove", event => {
	if (!corner) return;
	const place = placeOf(event);
	const [left, width] = span(corner[0], place[0], storedWidth), [top, height] = span(corner[1], place[1], storedHeight);
	[width, height, left, top].forEach((n, i) => { cropInputs[i].value = n; });
	refilter();
});
for (const end of ["pointerup", "pointercancel"]) whole.addEventListener(end, () => { corner = undefined; });
