// The page of videos works without this script; with it, cards are filled in as the server looks into videos.
"use strict";

const pause = 500; // ms between two questions; no less than the last one took

async function fillIn() {
	const asked = performance.now();
	let page;
	try {
		const answer = await fetch(location.href);
		if (!answer.ok) throw new Error(answer.status);
		page = new DOMParser().parseFromString(await answer.text(), "text/html");
	} catch {
		setTimeout(fillIn, 10 * pause); // the server is away, or has too much to do
		return;
	}
	const list = document.querySelector("ul.videos"), news = page.querySelector("ul.videos");
	if (list && news) {
		const cards = new Map([...list.children].map(card => [card.dataset.name, card]));
		const merged = [...news.children].map(card => {
			const old = cards.get(card.dataset.name);
			return old && !old.dataset.pending ? old : card;
		});
		if (merged.some((card, i) => card !== list.children[i])) {
			const focused = document.activeElement?.closest("ul.videos > li")?.dataset.name;
			list.replaceChildren(...merged);
			merged.find(card => card.dataset.name === focused)?.querySelector("a")?.focus({ preventScroll: true });
		}
	}
	const progress = page.querySelector(".progress");
	if (progress) {
		document.querySelector(".progress").replaceWith(progress);
		setTimeout(fillIn, Math.max(pause, performance.now() - asked));
	} else {
		document.querySelector(".progress").remove();
	}
}

if (document.querySelector(".progress")) setTimeout(fillIn, pause);

// An order that is chosen is shown at once.
document.querySelector("select[name=sort]")?.addEventListener("change", event => event.target.form.submit());
