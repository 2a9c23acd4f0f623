// The preview: the keyframe of the GOP in the player with the filters applied.

import { fetchWithRetries } from "./fetch-retries.js";
import { imageParameters, isEnlarged } from "./filter-parameters.js";
import { currentCell, showError, showPreview } from "./playback.js";
import { filterForm, preview, statusText } from "./player-elements.js";
import { messageOf } from "./server-errors.js";
import { addParameters } from "./urls.js";

const delay = 250; // ms without input before a preview is requested

let timer; // of the next request
let request; // AbortController of the last request

// schedulePreview requests a preview soon.
export function schedulePreview() {
	timer = setTimeout(updatePreview, delay);
}

// cancelPreview cancels a scheduled or running request.
export function cancelPreview() {
	clearTimeout(timer);
	request?.abort();
	statusText.textContent = "";
}

async function updatePreview() {
	const invalid = [...filterForm.elements].find(control => control.name && !control.checkValidity());
	if (invalid) {
		fail(`${invalid.labels[0].textContent.trim()}: ${invalid.validationMessage}`);
		return;
	}
	request = new AbortController();
	const { signal } = request;
	try {
		const url = addParameters(currentCell.querySelector("img").src, imageParameters());
		const response = await fetchWithRetries(url, signal);
		const error = response.ok ? "" : await messageOf(response);
		const data = response.ok && await dataURL(await response.blob());
		signal.throwIfAborted();
		if (error) {
			fail(error);
			return;
		}
		preview.src = data;
		await preview.decode();
		signal.throwIfAborted();
		showPreview(true);
		statusText.textContent = `Preview: ${preview.naturalWidth} × ${preview.naturalHeight} pixels`;
		if (isEnlarged(preview)) showError("Frames cannot be enlarged beyond their size in the video.");
	} catch {
		if (!signal.aborted) fail("The preview could not be loaded.");
	}
}

function fail(message) {
	showPreview(false);
	showError(message);
}

// dataURL encodes an image as a data: URL. The Content-Security-Policy does not allow blob: URLs.
function dataURL(blob) {
	return new Promise((resolve, reject) => {
		const reader = new FileReader();
		reader.onload = () => resolve(reader.result);
		reader.onerror = reject;
		reader.readAsDataURL(blob);
	});
}
