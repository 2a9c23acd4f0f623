// A server that has much to do sends pictures away, and says to come back in a second.
"use strict";

const maxTries = 5;

document.addEventListener("error", event => {
	const img = event.target;
	if (img.tagName !== "IMG") return;
	const tries = Number(img.dataset.tries ?? 0) + 1;
	if (tries > maxTries) return;
	img.dataset.tries = tries;
	setTimeout(() => { img.src = img.src; }, tries * 1000);
}, true);
