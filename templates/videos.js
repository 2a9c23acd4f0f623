// The page of videos. While the server indexes videos, this script updates their cards and the progress bar.

import "./image-retry.js";

const pollInterval = 500; // ms; longer if a response takes longer

async function poll() {
	const started = performance.now();
	let update;
	try {
		const response = await fetch(location.href);
		if (!response.ok) throw new Error(response.status);
		update = new DOMParser().parseFromString(await response.text(), "text/html");
	} catch {
		setTimeout(poll, 10 * pollInterval); // the server is down or busy
		return;
	}
	updateCards(update);
	const progress = update.querySelector(".progress");
	if (progress) {
		document.querySelector(".progress").replaceWith(progress);
		setTimeout(poll, Math.max(pollInterval, performance.now() - started));
	} else {
		document.querySelector(".progress").remove();
	}
}

// updateCards replaces the cards of pending videos by those of a newer page. It keeps the focus.
function updateCards(update) {
	const list = document.querySelector("ul.videos"), newList = update.querySelector("ul.videos");
	if (!list || !newList) return;
	const cards = new Map([...list.children].map(card => [card.dataset.name, card]));
	const merged = [...newList.children].map(newCard => {
		const card = cards.get(newCard.dataset.name);
		return card && !card.dataset.pending ? card : newCard;
	});
	if (merged.every((card, i) => card === list.children[i])) return;
	const focused = document.activeElement?.closest("ul.videos > li")?.dataset.name;
	list.replaceChildren(...merged);
	merged.find(card => card.dataset.name === focused)?.querySelector("a")?.focus({ preventScroll: true });
}

if (document.querySelector(".progress")) setTimeout(poll, pollInterval);

document.querySelector("select[name=sort]")?.addEventListener("change", event => event.target.form.submit());
