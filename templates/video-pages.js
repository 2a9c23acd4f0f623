// The pages of the list of videos that are in the document. The next page is fetched and appended when the
// end of the list comes near the viewport.

import { fetchWithRetries } from "./fetch-retries.js";

const cardsOf = root => [...root.querySelectorAll("ul.videos > li")];
const nameOf = card => card?.dataset.name;
const isPending = card => "pending" in card.dataset;

const pages = [{ url: location.href, cards: cardsOf(document) }];

async function fetchPage(url) {
	const response = await fetchWithRetries(url);
	if (!response.ok) throw new Error(response.status);
	return new DOMParser().parseFromString(await response.text(), "text/html");
}

// The observer calls its function for each new element, and whenever the element comes near the viewport.
const observer = new IntersectionObserver(entries => {
	if (entries.some(entry => entry.isIntersecting)) appendNext();
}, { rootMargin: "100% 0px" });

let isAppending = false;

async function appendNext() {
	const url = document.querySelector(".pages [rel=next]")?.href;
	if (!url || isAppending) return;
	isAppending = true;
	try {
		append(await fetchPage(url), url);
	} catch { // the link to the next page stays
	}
	isAppending = false;
}

// append appends the lists of a page to those in the document, and replaces the links to other pages.
function append(page, url) {
	pages.push({ url, cards: cardsOf(page) });
	const links = document.querySelector(".pages"), newLinks = page.querySelector(".pages");
	for (const selector of ["ul.folders", "ul.videos"]) {
		const list = document.querySelector(selector), newList = page.querySelector(selector);
		if (!newList) continue;
		if (list) list.append(...newList.children);
		else links.before(newList.closest("section"));
	}
	const hasFocus = links.contains(document.activeElement);
	links.replaceWith(newLinks);
	if (hasFocus) newLinks.querySelector("a").focus({ preventScroll: true });
	observer.observe(newLinks);
}

// refresh updates the cards of the first page with a pending video. If no video is pending any more, it
// updates the cards of all pages, because the order of the videos may have changed. It returns the progress
// bar of the server's page, or null.
export async function refresh() {
	const first = pages.find(page => page.cards.some(isPending)) ?? pages[0];
	const update = await fetchPage(first.url);
	replaceCards(first, update);
	const progress = update.querySelector(".progress");
	if (!progress)
		for (const page of pages)
			if (page !== first) replaceCards(page, await fetchPage(page.url));
	return progress;
}

// replaceCards replaces the cards of pending videos by those of a newer page. It keeps the focus.
function replaceCards(page, update) {
	const cards = new Map(page.cards.map(card => [nameOf(card), card]));
	const merged = cardsOf(update).map(newCard => {
		const card = cards.get(nameOf(newCard));
		return card && !isPending(card) ? card : newCard;
	});
	const isSame = merged.length === page.cards.length && merged.every((card, i) => card === page.cards[i]);
	if (isSame || page.cards.length === 0) return;
	const focused = nameOf(document.activeElement?.closest("ul.videos > li"));
	const end = document.createComment("");
	page.cards.at(-1).after(end);
	for (const card of page.cards) card.remove();
	end.replaceWith(...merged);
	page.cards = merged;
	merged.find(card => nameOf(card) === focused)?.querySelector("a")?.focus({ preventScroll: true });
}

const links = document.querySelector(".pages");
if (links) observer.observe(links);
