// The page of videos. It follows the indexing of the videos, and fetches more of them while the user scrolls.

import "./image-retry.js";
import { refresh } from "./video-pages.js";

const pollInterval = 500; // ms; longer if a response takes longer

async function poll() {
	const started = performance.now();
	let progress;
	try {
		progress = await refresh();
	} catch {
		setTimeout(poll, 10 * pollInterval); // the server is down or busy
		return;
	}
	if (progress) {
		document.querySelector(".progress").replaceWith(progress);
		setTimeout(poll, Math.max(pollInterval, performance.now() - started));
	} else {
		document.querySelector(".progress").remove();
	}
}

if (document.querySelector(".progress")) setTimeout(poll, pollInterval);

document.querySelector("select[name=sort]")?.addEventListener("change", event => event.target.form.submit());
