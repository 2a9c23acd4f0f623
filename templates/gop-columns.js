// The properties of all GOPs of the video, by GOP number. They come from the cells of the page, or from the
// JSON columns if the page has not all cells. Without them, the modules that import this one do not run, and
// the page works as without scripts.

import { fetchWithRetries } from "./fetch-retries.js";

const grids = document.querySelector(".grids");

export const pageCells = [...grids.querySelectorAll("li")]; // in the HTML
export const firstNumber = Number(grids.dataset.first ?? 0); // of pageCells
export const { starts, ends, sizes, irregular, details } = grids.dataset.columns
	? fromColumns(await load(grids.dataset.columns)) : fromCells();
export const gopCount = starts.length;

async function load(url) {
	const response = await fetchWithRetries(url);
	if (!response.ok) throw new Error(`GET ${url}: status ${response.status}`);
	return response.json();
}

// fromColumns returns starts and ends in seconds, sizes in bytes, a set of the numbers of irregular GOPs, and
// a function that returns the other details of a GOP.
function fromColumns({ start_time, end_time, bytes, frames, bit_rate, leading, irregular, badges }) {
	const hasLeading = new Set(leading);
	const badgeSets = Object.entries(badges).map(([label, numbers]) => [label, new Set(numbers)]);
	return {
		starts: start_time, ends: end_time, sizes: bytes, irregular: new Set(irregular),
		details: number => ({
			frames: frames[number], bitRate: bit_rate[number], hasLeading: hasLeading.has(number),
			badges: badgeSets.filter(([, numbers]) => numbers.has(number)).map(([label]) => label),
		}),
	};
}

function fromCells() {
	const values = name => pageCells.map(cell => Number(cell.dataset[name]));
	const irregular = new Set();
	pageCells.forEach((cell, number) => { if ("irregular" in cell.dataset) irregular.add(number); });
	return { starts: values("start"), ends: values("end"), sizes: values("bytes"), irregular };
}
