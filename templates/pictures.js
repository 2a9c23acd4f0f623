// A server that has much to do sends pictures away, and says to come back in a second.
"use strict";

const maxTries = 5;
const isBroken = img => img.complete && !img.naturalWidth;

function askAgain(img) {
	const tries = Number(img.dataset.tries ?? 0) + 1;
	if (tries > maxTries) return;
	img.dataset.tries = tries;
	setTimeout(() => { if (isBroken(img)) img.src = img.src; }, tries * 1000);
}

document.addEventListener("error", event => {
	if (event.target.tagName === "IMG") askAgain(event.target);
}, true);
// Some came to nothing while the page was still being read, before this script ran.
[...document.querySelectorAll("img[src]")].filter(isBroken).forEach(askAgain);
