// Playback of a GOP in the player, and the messages if it fails.

import { linkOf } from "./cells.js";
import { errorBox, errorText, player, preview, transcodeButton, video } from "./player-elements.js";
import { explainURL } from "./server-errors.js";
import { addParameters } from "./urls.js";

export let currentCell; // of the GOP in the player
let transcodes = false; // the browser cannot decode the codec, and the user chose H.264

// load prepares a GOP for playback without filters.
export function load(cell) {
	currentCell = cell;
	hideError();
	video.src = unfilteredURL();
}

// unfilteredURL returns the URL of the current GOP without filters.
export function unfilteredURL() {
	const { href } = linkOf(currentCell);
	return transcodes ? addParameters(href, ["codec=h264"]) : href;
}

export function play(url) {
	showPreview(false);
	hideError();
	if (video.src !== url || hasNoVideo(video)) video.src = url;
	video.play().catch(() => {}); // the browser may require a click on the video's controls first
}

// unload stops the video and its download.
export function unload(element) {
	element.pause();
	element.removeAttribute("src");
	element.load();
}

// hasNoVideo reports whether the browser failed to play the video track of an element. A browser that can
// decode only the audio plays it and reports no error.
export const hasNoVideo = element => element.error || element.readyState > 0 && element.videoWidth === 0;

// showPreview covers the video with the preview image, or uncovers it.
export function showPreview(isShown) {
	preview.hidden = !isShown;
	video.controls = !isShown;
}

export function showError(message, offersTranscoding = false) {
	errorText.textContent = message;
	transcodeButton.hidden = !offersTranscoding;
	errorBox.hidden = false;
}

export function hideError() {
	errorBox.hidden = true;
}

// explainFailure shows why the video does not play, or hides the error if it does.
export function explainFailure() {
	hideError();
	if (!player.open || !hasNoVideo(video)) return;
	const url = video.src;
	if (/[?&]codec=/.test(url) || url !== unfilteredURL()) { // a transcode to H.264
		explainURL(url).then(message => { if (video.src === url) showError(message); });
		return;
	}
	const { codec, codecs } = player.dataset;
	const isUnsupported = !video.canPlayType(`video/mp4; codecs="${codecs}"`);
	const reason = isUnsupported
		? `This browser cannot decode ${codec} (${codecs}).`
		: "The GOP could not be loaded, or this browser cannot play it.";
	showError(reason + " You can download the GOP or play it as H.264.", true);
}

for (const type of ["error", "loadedmetadata"]) video.addEventListener(type, explainFailure);
transcodeButton.addEventListener("click", () => {
	player.focus(); // hiding the button would lose the focus
	transcodes = true;
	play(unfilteredURL());
});
