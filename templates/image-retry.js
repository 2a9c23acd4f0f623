// Retries images that fail to load, because a busy server answers 503 with Retry-After: 1.

const maxRetries = 5;
const hasFailed = image => image.complete && !image.naturalWidth;

function retry(image) {
	const retries = Number(image.dataset.retries ?? 0) + 1;
	if (retries > maxRetries) return;
	image.dataset.retries = retries;
	setTimeout(() => { if (hasFailed(image)) image.src = image.src; }, retries * 1000);
}

document.addEventListener("error", event => {
	if (event.target.tagName === "IMG") retry(event.target);
}, true); // error events do not bubble

// Images that failed before this module ran.
[...document.querySelectorAll("img[src]")].filter(hasFailed).forEach(retry);
