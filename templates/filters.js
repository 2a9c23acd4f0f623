// The panel in the player: what is to be done to a GOP's pictures, seen at once on its key picture. What it says
// counts while it is open, for whichever GOP is in the player.
"use strict";

const settleTime = 250; // ms, so that a slider that moves asks for little
const maxImageWidth = 1920, maxImageHeight = 1080; // of a preview; the server would give wider ones to nobody
const maxAsks = 5; // of a busy server

const panel = part("panel"), form = part("filters"), preview = part("preview");

// What the panel says, as parts of a query.

const isAtFirst = control => control.type === "checkbox" ? !control.checked : control.value === (control.defaultValue ?? "");

function said(leftOut = []) {
	if (!panel.open) return [];
	const parts = crop() ? ["crop=" + crop()] : [];
	for (const control of form.elements) {
		const { name, value, disabled } = control;
		if (!name || name === "crop" || disabled || isAtFirst(control) || leftOut.includes(name)) continue;
		parts.push(name + "=" + encodeURIComponent(value.trim()).replaceAll("%2F", "/"));
	}
	return parts;
}

// saidOfImage is the same of the key picture, at the size that the GOP's pictures have, where it may be so large.
function saidOfImage() {
	const [width, height] = sizeOfImage();
	const size = [width && "width=" + width, height && "height=" + height].filter(Boolean);
	return [...said(["fps", "quality", "width", "height"]), ...(size.length > 0 ? size : ["width=" + maxImageWidth])];
}

// sizeOfImage is the width and the height that are given, each 0 where it is not.
function sizeOfImage() {
	const width = Number(form.elements.width.value), height = Number(form.elements.height.value);
	const shrink = Math.max(1, width / maxImageWidth, width ? 0 : height / maxImageHeight);
	return [Math.round(width / shrink), Math.round(height / shrink)];
}

// isTooLarge tells whether the GOP is refused for a size that its picture does not have; images are just smaller then.
function isTooLarge() {
	const [width, height] = sizeOfImage(), { fit } = form.elements;
	const beyond = [width > preview.naturalWidth, height > preview.naturalHeight];
	return width && height && fit.value === "" ? beyond.every(Boolean) : beyond.some(Boolean);
}

// withFilters adds them to a link. What it has stays, such as the signature that opens it.
function withFilters(href, parts) {
	const [path, query = ""] = href.split("?");
	const had = query.split("&").filter(Boolean);
	const isLast = word => /^(codec|expires|signature)=/.test(word);
	const all = [...had.filter(word => !isLast(word)), ...parts, ...had.filter(isLast)];
	return all.length > 0 ? path + "?" + all.join("&") : path;
}

// refilter follows the panel and the GOP in the player. It tells whether a preview will lie over the video.
function refilter() {
	forgetPreview();
	showControls();
	const parts = said();
	part("download").href = part("url").value = withFilters(played.querySelector("a.download").href, parts);
	part("outcome").hidden = !panel.open;
	if (panel.open) showWhole();
	if (parts.length > 0) {
		part("complaint").hidden = true;
		playerVideo.pause();
		settling = setTimeout(showPreview, settleTime);
		return true;
	}
	cover(false);
	if (playerVideo.src !== plain()) playerVideo.src = plain();
	explain();
	return false;
}

function showControls() {
	const { gray, saturation, width, height, fit } = form.elements;
	saturation.disabled = gray.checked; // the server takes one of them
	fit.disabled = !width.value || !height.value;
	for (const field of form.querySelectorAll(".field")) {
		const controls = [...field.querySelectorAll("input, select")], [control] = controls, output = field.querySelector("output");
		field.querySelector(".reset").hidden = controls.every(isAtFirst);
		if (output) output.textContent = isAtFirst(control) && control.dataset.first || control.value + (control.dataset.unit ?? "");
	}
}

// The preview.

let settling; // a timer
let asking; // aborts the last question

function forgetPreview() {
	clearTimeout(settling);
	asking?.abort();
	part("note").textContent = "";
}

// cover lays the preview over the video, which cannot be played by accident then.
function cover(covers) {
	preview.hidden = !covers;
	playerVideo.controls = !covers;
}

async function showPreview() {
	const wrong = [...form.elements].find(control => control.name && !control.checkValidity());
	if (wrong) {
		cover(false);
		complain(`${wrong.labels[0].textContent.trim()}: ${wrong.validationMessage}`);
		return;
	}
	asking = new AbortController();
	const { signal } = asking;
	try {
		const answer = await ask(withFilters(played.querySelector("img").src, saidOfImage()), signal);
		const words = answer.ok ? "" : await detailOf(answer);
		const data = answer.ok && await dataURL(await answer.blob());
		signal.throwIfAborted();
		if (words) {
			cover(false);
			complain(words);
			return;
		}
		preview.src = data;
		await preview.decode();
		signal.throwIfAborted();
		cover(true);
		part("note").textContent = `Preview: ${preview.naturalWidth} × ${preview.naturalHeight} pixels`;
		if (isTooLarge()) complain("It cannot be made larger than the picture is here.");
	} catch {
		if (signal.aborted) return;
		cover(false);
		complain("The preview did not come.");
	}
}

// ask is a fetch that a busy server sends away some times before it is given up.
async function ask(href, signal) {
	for (let asks = 1; ; asks++) {
		const answer = await fetch(href, { signal });
		if (answer.status !== 503 || asks === maxAsks) return answer;
		await new Promise(resolve => setTimeout(resolve, asks * 1000));
	}
}

// dataURL holds a picture in itself; the pages' policy lets none come as blob:.
function dataURL(blob) {
	return new Promise((resolve, reject) => {
		const reader = new FileReader();
		reader.onload = () => resolve(reader.result);
		reader.onerror = reject;
		reader.readAsDataURL(blob);
	});
}

// detailOf is why the server refuses, in its own words, which make a sentence here.
async function detailOf(answer) {
	const { detail, title } = await answer.json().catch(() => ({}));
	const words = detail || title || `The server answers ${answer.status}`;
	return words[0].toUpperCase() + words.slice(1) + ".";
}

// refusalOf is why the video at an address does not play.
async function refusalOf(href) {
	try {
		const answer = await fetch(href);
		if (!answer.ok) return await detailOf(answer);
		await answer.body.cancel();
		return "This browser cannot play what came.";
	} catch {
		return "The server does not answer.";
	}
}

// What is pressed.

for (const field of form.querySelectorAll(".field")) {
	const button = document.createElement("button");
	button.type = "button";
	button.className = "reset";
	button.textContent = "Reset";
	button.setAttribute("aria-label", "Reset " + field.querySelector("legend, label").textContent.toLowerCase());
	button.addEventListener("click", () => {
		const controls = [...field.querySelectorAll("input, select")];
		for (const control of controls) {
			if (control.type === "checkbox") control.checked = false;
			else control.value = control.defaultValue ?? "";
		}
		controls[0].focus(); // the button goes
		refilter();
	});
	field.querySelector("legend, label").after(button);
}
form.addEventListener("input", refilter);
form.addEventListener("reset", () => setTimeout(refilter)); // when it is done
panel.addEventListener("toggle", () => { if (player.open) refilter(); });
form.addEventListener("submit", event => {
	event.preventDefault();
	forgetPreview();
	const parts = said();
	play(parts.length > 0 ? withFilters(plain(), parts) : plain());
	if (parts.length > 0) part("note").textContent = "Being encoded …";
});
for (const event of ["loadeddata", "error"])
	playerVideo.addEventListener(event, () => { if (preview.hidden) part("note").textContent = ""; });
part("copy").addEventListener("click", async () => {
	part("url").select();
	try {
		await navigator.clipboard.writeText(part("url").value);
		part("note").textContent = "Copied";
	} catch {
		part("note").textContent = "Selected, to be copied by the keyboard";
	}
});
